// Symbols that the loader resolves: the kernel's functions and variables, and its build configuration.
#pragma once

#include "bpf.h"

#define KSYM __attribute__((section(".ksyms")))
#define KCONFIG __attribute__((section(".kconfig")))

enum libbpf_tristate { TRI_NO = 0, TRI_YES = 1, TRI_MODULE = 2 };
