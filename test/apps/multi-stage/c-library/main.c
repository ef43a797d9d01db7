#include <sqlite3.h>
#include <stdio.h>

int main(void) {
  printf("sqlite %s\n", sqlite3_libversion_number() > 0 ? "is here" : "is not");
  return 0;
}
