// Neither programs nor maps: there is nothing to load, and nothing wrong.
#include "bpf.h"

LICENSE("GPL");
