/* .png and .jpg files as relations, one row a file: `file VARCHAR`, its path, and `image TENSOR(UINT8, C, H, W)`.
 *
 * Options: mode => 'rgb', 'gray', 'rgba' converts; size => [height, width], or one number for both, resizes (picture.h).
 */
#ifndef DQL_RUNTIME_PICTURE_TABLE_H
#define DQL_RUNTIME_PICTURE_TABLE_H
#include "runtime/file.h"

bool pictures_open(Arena *a, TypePool *types, const FileSpec *spec, FileSchema *out, RtError *e);
TableVersion *pictures_load(BlockPool *pool, Workers *workers, const FileSpec *spec, RtError *e);
#endif
