Boutput_0J$2â ?eðP¿M>nnæ¾6¡>H
ÿ=#¾~aˆ>ÄSo?