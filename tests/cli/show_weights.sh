# SHOW MODEL says how many weights are NaN or infinite; they are kept.
got=$("$DQL_BUILD/dql" --mode=csv --header=off -c "CREATE MODEL odd INPUT (x TENSOR(FLOAT32, 2)) OUTPUT (y TENSOR(FLOAT32, 2)) LAYERS (linear(2) AS fc);
LOAD MODEL odd FROM 'tests/data/not_finite.safetensors';
SHOW MODEL odd;
SELECT odd(fields2vector(CAST(1 AS REAL), CAST(1 AS REAL))) AS y;")
[ "$got" = 'odd,model,"version 1, 3 weights are NaN or infinite","y TENSOR(FLOAT32, 2)",6,10,false
fc,linear,"out_features => 2, bias => TRUE","TENSOR(FLOAT32, 2)",6,10,false
"TENSOR(FLOAT32, 2) [nan, inf]"' ] || { echo "$got"; exit 1; }
