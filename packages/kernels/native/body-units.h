// Numbers of the units that multiply bfloat16 in body-panels.h. FIN_UNIT is one of the first three; FIN_TILES_BY, where it is
// FIN_TILES, one of the last two.

#pragma once

#define FIN_VECTORS 1
#define FIN_DOTS 2
#define FIN_TILES 3

#define FIN_EMULATED 1
#define FIN_AMX 2
