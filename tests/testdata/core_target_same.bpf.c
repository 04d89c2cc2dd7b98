// A target for CO-RE: the same types as the programs were compiled with.
#include "core_local.h"

struct device device;
enum state state;
enum wide wide;
callback function;
