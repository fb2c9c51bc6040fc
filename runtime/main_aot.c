#include "runtime/aot.h"

int main(int argc, char **argv) { return dql_aot_main(argc, argv); }
