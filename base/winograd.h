/* Winograd's minimal filtering F(m x m, 3 x 3) (Lavin and Gray, CVPR 2016; Toom and Cook before them): m x m outputs of a
 * convolution from an a x a tile of the input, a = m + 2, by a * a products a pair of channels instead of 9 m m:
 *     y = A' [(G g G') . (B' d B)] A        d (a, a)  g (3, 3)  y (m, m)
 * Points 0, 1, -1, 2, -1/2, -2 and infinity, the first a - 1 of them: the largest error of m = 4 is a third of that with the
 * textbook's points 0, 1, -1, 2, -2. Exact over the reals, so a choice of class REAL.
 */
#ifndef DQL_BASE_WINOGRAD_H
#define DQL_BASE_WINOGRAD_H

enum { WINOGRAD_LEAST = 2, WINOGRAD_MOST = 5, WINOGRAD_TILE = WINOGRAD_MOST + 2 };

typedef struct Winograd {
    int m, a;
    double out[WINOGRAD_MOST][WINOGRAD_TILE];  /* A' (m, a) */
    double in[WINOGRAD_TILE][WINOGRAD_TILE];   /* B' (a, a) */
    double filter[WINOGRAD_TILE][3];           /* G  (a, 3) */
} Winograd;

Winograd winograd_of(int m); /* WINOGRAD_LEAST <= m <= WINOGRAD_MOST */
/* |y| computed from |d| <= 1 and a filter of sum |g| = 1 never exceeds this on the way: what roundings are relative to. */
double winograd_growth(const Winograd *w);
#endif
