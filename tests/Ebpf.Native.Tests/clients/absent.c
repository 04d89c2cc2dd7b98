// Functions that the library has the names of, and no more.
#include "show.h"

int main(void)
{
	errno = 0;
	show_pointer("btf_dump__new", btf_dump__new(NULL, NULL, NULL, NULL));
	SHOW(btf__dedup(NULL, NULL));
	return 0;
}
