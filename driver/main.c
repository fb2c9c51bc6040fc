#include "driver/driver.h"
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void run(Driver *d, const CommandLine *c) {
    if (c->text) driver_run(d, "<command line>", c->text, strlen(c->text), true);
    if (c->file) driver_run_file(d, c->file, true);
    if (c->text || c->file) return;
    if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)) {
        driver_shell(d);
        d->status = DQL_OK;
    } else {
        driver_run_stream(d, stdin);
    }
}

/* Texts are UTF-8 whatever the locale is; the line editor asks the C library what a character is. */
static void read_utf8(void) {
    if (!setlocale(LC_CTYPE, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0) setlocale(LC_CTYPE, "C.UTF-8");
}

int main(int argc, char **argv) {
    read_utf8();
    Driver d = {.format = {.mode = isatty(STDOUT_FILENO) ? "box" : "csv", .header = true}};
    int status = dql_open(NULL, &d.db);
    if (status != DQL_OK) {
        fprintf(stderr, "dql: %s\n", dql_errmsg(d.db));
        dql_close(d.db);
        return status;
    }
    CommandLine c = driver_options(&d, argc, argv);
    if (c.stop < 0 && c.database) {
        fprintf(stderr, "dql: %s: databases on disk are not supported yet; leave the path out to work in memory\n", c.database);
        c.stop = DQL_USAGE;
    }
    if (c.stop < 0 && c.about) {
        char *text = dql_about(c.about);
        fputs(text, stdout);
        free(text);
        c.stop = 0;
    }
    if (c.stop == 0 && fflush(stdout) != 0) c.stop = DQL_ERROR; /* --help into a full disk */
    if (c.stop < 0) {
        driver_catch_interrupts(&d);
        driver_watch_open(&d);
        run(&d, &c);
        driver_watch_close(&d);
    }
    dql_close(d.db);
    return c.stop >= 0 ? c.stop : d.status;
}
