/*
 * The other process: a second run at the same database, which can be killed.
 * It is this program again, started anew, for a connection doesn't survive a
 * fork.
 */
#include "suite.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static void run_peer(const struct suite *s, int in, int out)
{
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	execl(s->program, s->program, "--peer", s->url, (char *)NULL);
	_exit(127);
}

struct suite_peer *suite_peer_start(struct suite *s)
{
	struct suite_peer *peer = s->peers;
	int in[2];
	int out[2];

	if (peer->pid)
		peer++;
	assert_int_equal(peer->pid, 0);
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	fcntl(in[1], F_SETFD, FD_CLOEXEC);
	fcntl(out[0], F_SETFD, FD_CLOEXEC);
	peer->pid = fork();
	assert_true(peer->pid >= 0);
	if (!peer->pid)
		run_peer(s, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	peer->to = in[1];
	peer->from = out[0];
	return peer;
}

/* A line without its end. */
static void read_line(int fd, char *line, size_t size)
{
	size_t len = 0;
	char c;

	while (read(fd, &c, 1) == 1 && c != '\n')
		if (len + 1 < size)
			line[len++] = c;
	line[len] = '\0';
}

int suite_peer_ask(struct suite_peer *peer, const char *fmt, ...)
{
	va_list args;
	char *line;
	char *rest;
	long number;

	va_start(args, fmt);
	line = gm_vformat(fmt, args);
	va_end(args);
	assert_int_equal(write(peer->to, line, strlen(line)), strlen(line));
	assert_int_equal(write(peer->to, "\n", 1), 1);
	free(line);
	read_line(peer->from, peer->said, sizeof(peer->said));
	number = strtol(peer->said, &rest, 10);
	if (rest == peer->said)
		fail_msg("the other process says nothing");
	if (*rest)
		memmove(peer->said, rest + 1, strlen(rest));
	else
		*peer->said = '\0';
	return (int)number;
}

static void bury(struct suite_peer *peer)
{
	close(peer->to);
	waitpid(peer->pid, NULL, 0);
	close(peer->from);
	peer->pid = 0;
}

void suite_peer_end(struct suite_peer *peer)
{
	bury(peer);
}

void suite_peer_kill(struct suite_peer *peer)
{
	kill(peer->pid, SIGKILL);
	bury(peer);
}

static void answer(int ret, char *text, struct gm_error *err)
{
	const char *said = text ? text : err->message;

	printf("%d %s\n", ret, said ? said : "");
	fflush(stdout);
	free(text);
	gm_error_release(err);
}

static bool is_command(char *line, const char *command, char **rest)
{
	size_t len = strlen(command);

	if (strncmp(line, command, len) || (line[len] && line[len] != ' '))
		return false;
	*rest = line + len + (line[len] == ' ');
	return true;
}

static void obey(struct gm_db *db, char *line)
{
	const struct gm_driver *driver = db->driver;
	struct gm_error err = { 0 };
	char *text = NULL;
	char *rest;
	int ret = GM_EINVALID;

	if (is_command(line, "begin", &rest)) {
		ret = driver->begin(db, &err);
	} else if (is_command(line, "commit", &rest)) {
		ret = driver->commit(db, &err);
	} else if (is_command(line, "exec", &rest)) {
		ret = driver->exec(db, rest, strlen(rest), NULL, NULL, &err);
	} else if (is_command(line, "lock", &rest)) {
		ret = driver->try_lock(db, rest, &text, &err);
	} else if (is_command(line, "owner", &rest)) {
		ret = driver->owner(db, &text, &err);
	} else if (is_command(line, "alive", &rest)) {
		char *owner = rest + strcspn(rest, " ");

		*owner++ = '\0';
		ret = driver->owner_is_alive(db, owner, rest, &err);
	}
	answer(ret, text, &err);
}

void suite_peer_main(const struct gm_driver *driver, const char *text)
{
	struct gm_open_options options = { .lock_timeout_ms =
						   SUITE_PATIENT_MS };
	struct gm_error err = { 0 };
	struct gm_url url;
	struct gm_db *db;
	char line[4096];
	int ret = gm_url_parse(&url, text, &err);

	if (!ret)
		ret = driver->open(&db, &url, &options, &err);
	if (ret < 0) {
		fprintf(stderr, "%s\n", err.message);
		exit(1);
	}
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		obey(db, line);
	}
	driver->close(db);
	gm_url_release(&url);
	exit(0);
}
