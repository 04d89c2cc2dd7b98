// Every kind of BTF type that clang emits, and the shapes that trouble readers: recursion, anonymity, bit fields, forward declarations.
#include "bpf.h"

// INT, in all encodings and sizes
_Bool a_bool;
char a_char;
s8 a_signed_byte;
u16 a_short;
s64 a_signed_long;
unsigned __int128 a_huge;

// FLOAT
float a_float;
double a_double;

// ENUM and ENUM64, signed and unsigned
enum small { SMALL_A, SMALL_B = 7 } a_small;
enum negative { NEGATIVE_A = -1, NEGATIVE_B = 1 } a_negative;
enum big { BIG_A = 0x100000000ull, BIG_B = 0xffffffffffffffffull } a_big;
enum big_negative { BIG_NEGATIVE_A = -0x100000000ll } a_big_negative;
enum { UNNAMED_ENUMERATOR = 3 } an_unnamed_enum;
enum tiny { TINY_A, TINY_B } __attribute__((packed)) a_tiny;

// STRUCT, UNION: recursive, mutually recursive, anonymous members, bit fields, flexible arrays, empty, packed
struct node {
    struct node *next, **more;
    struct tree *tree;
    struct {
        int x;
        union {
            int y;
            struct {
                short low, high;
            };
        };
    };
    u32 one : 1, two : 2, : 5, eight : 8;
    s64 wide : 33;
};

struct tree {
    struct node *root;
    struct tree *children[2];
};

struct empty {};

struct __attribute__((packed)) squeezed {
    u8 byte;
    u32 word;
    u64 number;
};

struct flexible {
    u32 count;
    struct squeezed items[];
};

struct node a_node;
struct empty an_empty;
struct squeezed a_squeezed;
struct flexible *a_flexible;
union {
    u64 number;
    u8 bytes[8];
} an_unnamed_union;

// ARRAY: of arrays, of pointers, of length zero
u32 a_matrix[3][5];
const char *some_strings[4];
int nothing[0];

// FWD
struct never_defined *a_stranger;
union never_defined_either *another_stranger;

// PTR, FUNC_PROTO: pointers to functions, functions of pointers to functions, variable arguments, no arguments
void *a_pointer;
int (*a_function)(struct node *node, u64 value);
int (*a_variadic)(const char *format, ...);
void (*(*a_chooser)(int which))(void);

// CONST, VOLATILE, RESTRICT, TYPEDEF, and chains of them
typedef u64 number;
typedef const volatile number *number_pointer;
typedef number_pointer number_pointers[2];
number_pointers some_pointers;
char *restrict a_restricted;
const volatile int a_constant = 5;

// DECL_TAG on a variable, a member, a function, an argument, a typedef; TYPE_TAG on a pointee
#define TAG(text) __attribute__((btf_decl_tag(text)))
#define TYPE_TAG(text) __attribute__((btf_type_tag(text)))

typedef u32 tagged_number TAG("on a typedef");

struct tagged {
    int plain;
    int marked TAG("on a member");
    int TYPE_TAG("inner") * TYPE_TAG("outer") * pointer;
} TAG("on a struct") TAG("again");

struct tagged a_tagged TAG("on a variable");
tagged_number a_tagged_number;

// FUNC: static, global, with a name for each argument
NOINLINE static int a_static_function(int first, const struct node *second)
{
    asm volatile("" : "+r"(first));
    return first;
}

NOINLINE TAG("on a function") int a_global_function(u32 argument TAG("on an argument"))
{
    asm volatile("" : "+r"(argument));
    return argument;
}

SEC("xdp") int kinds(struct xdp_md *ctx)
{
    return a_static_function(1, NULL) + a_global_function(2);
}

LICENSE("GPL");
