/*
 * Other programs, started with posix_spawn: it doesn't copy this process,
 * which is what makes asking another program cheap.
 */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"

extern char **environ;

struct gm_process {
	pid_t pid;
	char *name;
	/* The ends that are ours: its input, output and errors; -1: closed. */
	int fd[3];
	const struct gm_strbuf *input;
	size_t written;
	/* How much output is taken; 0: all. */
	size_t limit;
};

static void shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* A pipe that other children don't inherit; both ends stay clear of 0 to 2,
 * so that giving them to a child can't close another one. */
static int make_pipe(int ends[2])
{
	int i;

	if (pipe(ends))
		return -1;
	for (i = 0; i < 2; i++) {
		int fd = fcntl(ends[i], F_DUPFD_CLOEXEC, 3);

		close(ends[i]);
		ends[i] = fd;
	}
	if (ends[0] >= 0 && ends[1] >= 0)
		return 0;
	shut(&ends[0]);
	shut(&ends[1]);
	return -1;
}

static bool names_variable(const char *change, const char *variable)
{
	size_t len = strcspn(change, "=");

	return !strncmp(change, variable, len) && variable[len] == '=';
}

/* The strings are borrowed; only the array is the caller's. */
static char **environment(const char *const *changes)
{
	size_t n = 0;
	size_t extra = 0;
	size_t i;
	size_t j;
	char **out;

	while (environ && environ[n])
		n++;
	while (changes && changes[extra])
		extra++;
	out = gm_alloc((n + extra + 1) * sizeof(*out));
	for (i = 0, j = 0; i < n; i++) {
		size_t k = 0;

		while (k < extra && !names_variable(changes[k], environ[i]))
			k++;
		if (k == extra)
			out[j++] = environ[i];
	}
	for (i = 0; i < extra; i++)
		if (strchr(changes[i], '='))
			out[j++] = (char *)changes[i];
	out[j] = NULL;
	return out;
}

static int spawn(pid_t *pid, const char *const *argv,
		 const char *const *changes, const int fd[3])
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t defaults;
	char **env = environment(changes);
	int rc;
	int i;

	posix_spawn_file_actions_init(&actions);
	for (i = 0; i < 3; i++)
		posix_spawn_file_actions_adddup2(&actions, fd[i], i);
	posix_spawnattr_init(&attr);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_setsigdefault(&attr, &defaults);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
	rc = posix_spawnp(pid, argv[0], &actions, &attr, (char *const *)argv,
			  env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	free(env);
	return rc;
}

/*
 * Writes what the pipe takes; returns how much. A child may end without
 * reading all: its exit status tells more than a signal to us, so there is
 * none, and errno is EPIPE.
 */
static size_t put(int fd, const char *bytes, size_t size)
{
	sigset_t pipe_signal;
	sigset_t before;
	sigset_t pending;
	bool was_pending;
	size_t written = 0;
	ssize_t len;
	int cause;
	int sig;

	sigemptyset(&pipe_signal);
	sigaddset(&pipe_signal, SIGPIPE);
	sigpending(&pending);
	was_pending = sigismember(&pending, SIGPIPE) == 1;
	pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
	do {
		len = write(fd, bytes + written, size - written);
		if (len > 0)
			written += (size_t)len;
	} while ((len > 0 && written < size) || (len < 0 && errno == EINTR));
	cause = len < 0 ? errno : 0;
	if (cause == EPIPE) {
		sigpending(&pending);
		if (!was_pending && sigismember(&pending, SIGPIPE) == 1)
			sigwait(&pipe_signal, &sig);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = cause;
	return written;
}

/* Writes what the pipe takes without waiting, and closes it at the end. */
static void feed(struct gm_process *process)
{
	process->written += put(process->fd[0],
				process->input->buf + process->written,
				process->input->len - process->written);
	if (process->written == process->input->len || errno != EAGAIN)
		shut(&process->fd[0]);
}

static int open_input(const struct gm_strbuf *input, bool converse, int ends[2])
{
	if (converse)
		return make_pipe(ends);
	if (input && input->len) {
		if (make_pipe(ends))
			return -1;
		return fcntl(ends[1], F_SETFL, O_NONBLOCK);
	}
	ends[0] = open("/dev/null", O_RDONLY);
	if (ends[0] >= 0 && ends[0] < 3) {
		int low = ends[0];

		ends[0] = fcntl(low, F_DUPFD_CLOEXEC, 3);
		close(low);
	} else if (ends[0] >= 0) {
		fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	}
	return ends[0] < 0 ? -1 : 0;
}

static int start(struct gm_process **out, const char *const *argv,
		 const char *const *env, const struct gm_strbuf *input,
		 bool converse, struct gm_error *err)
{
	struct gm_process *process = NULL;
	int in[2] = { -1, -1 };
	int text[2] = { -1, -1 };
	int errors[2] = { -1, -1 };
	pid_t pid;
	int rc;

	*out = NULL;
	if (open_input(input, converse, in) || make_pipe(text) ||
	    make_pipe(errors)) {
		rc = gm_error_errno(err, "cannot run '%s'", argv[0]);
		goto done;
	}
	rc = spawn(&pid, argv, env, (int[3]){ in[0], text[1], errors[1] });
	if (rc) {
		int cause = rc;

		errno = cause;
		rc = gm_error_errno(err, "cannot run '%s'", argv[0]);
		if (cause == ENOENT || cause == EACCES || cause == ENOTDIR)
			rc = GM_ENOTFOUND;
		if (err)
			err->code = rc;
		goto done;
	}
	process = gm_calloc(1, sizeof(*process));
	process->pid = pid;
	process->name = gm_strdup(argv[0]);
	process->input = input;
	process->fd[0] = in[1];
	process->fd[1] = text[0];
	process->fd[2] = errors[0];
	in[1] = text[0] = errors[0] = -1;
	if (process->fd[0] >= 0 && !converse)
		feed(process);
	*out = process;
done:
	shut(&in[0]);
	shut(&in[1]);
	shut(&text[0]);
	shut(&text[1]);
	shut(&errors[0]);
	shut(&errors[1]);
	return rc;
}

int gm_process_start(struct gm_process **out, const char *const *argv,
		     const char *const *env, const struct gm_strbuf *input,
		     struct gm_error *err)
{
	return start(out, argv, env, input, false, err);
}

int gm_process_converse(struct gm_process **out, const char *const *argv,
			const char *const *env, struct gm_error *err)
{
	return start(out, argv, env, NULL, true, err);
}

int gm_process_say(struct gm_process *process, const void *bytes, size_t len,
		   struct gm_error *err)
{
	if (process->fd[0] >= 0 && put(process->fd[0], bytes, len) == len)
		return 0;
	shut(&process->fd[0]);
	return gm_error_set(err, GM_ERROR, "'%s' doesn't listen any more",
			    process->name);
}

void gm_process_limit(struct gm_process *process, size_t bytes)
{
	process->limit = bytes;
}

/* Reads once; closes at the end of the stream. */
static int drain(int *fd, struct gm_strbuf *out)
{
	ssize_t len;

	gm_strbuf_reserve(out, 65536);
	len = read(*fd, out->buf + out->len, out->cap - out->len - 1);
	if (len < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -1;
	if (!len)
		shut(fd);
	gm_strbuf_cut(out, out->len + (size_t)len);
	return 0;
}

/* Returns 1 where it was too much. */
static int talk(struct gm_process *process, struct gm_strbuf *output,
		struct gm_strbuf *errors)
{
	struct gm_strbuf *sink[3] = { NULL, output, errors };

	while (process->fd[1] >= 0 || process->fd[2] >= 0) {
		struct pollfd poll_fd[3];
		int i;

		for (i = 0; i < 3; i++) {
			poll_fd[i].fd = process->fd[i];
			poll_fd[i].events = i ? POLLIN : POLLOUT;
			poll_fd[i].revents = 0;
		}
		if (poll(poll_fd, 3, -1) < 0) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		if (poll_fd[0].revents)
			feed(process);
		for (i = 1; i < 3; i++)
			if (poll_fd[i].revents &&
			    drain(&process->fd[i], sink[i]))
				return -1;
		if (process->limit && output->len > process->limit)
			return 1;
	}
	return 0;
}

int gm_process_hear(struct gm_process *process, struct gm_strbuf *output,
		    struct gm_error *err)
{
	struct gm_strbuf complaints = { 0 };
	struct gm_strbuf *sink[3] = { NULL, output, &complaints };
	size_t before = output->len;
	int rc = 0;
	int i;

	while (!rc && process->fd[1] >= 0 && output->len == before) {
		struct pollfd poll_fd[3] = { { .fd = -1 } };

		for (i = 1; i < 3; i++) {
			poll_fd[i].fd = process->fd[i];
			poll_fd[i].events = POLLIN;
		}
		if (poll(poll_fd, 3, -1) < 0) {
			rc = errno == EINTR ? 0 : -1;
			continue;
		}
		for (i = 1; !rc && i < 3; i++)
			if (poll_fd[i].revents)
				rc = drain(&process->fd[i], sink[i]);
	}
	gm_strbuf_release(&complaints);
	return output->len > before
		       ? 0
		       : gm_error_set(err, GM_ERROR, "'%s' has ended",
				      process->name);
}

static int reap(struct gm_process *process)
{
	int status = 0;
	int i;

	for (i = 0; i < 3; i++)
		shut(&process->fd[i]);
	while (waitpid(process->pid, &status, 0) < 0) {
		/* Somebody who ignores SIGCHLD has no status to give. */
		if (errno != EINTR)
			return 127;
	}
	if (WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	return WEXITSTATUS(status);
}

int gm_process_finish(struct gm_process *process, struct gm_strbuf *output,
		      struct gm_strbuf *errors, int *status,
		      struct gm_error *err)
{
	int rc = talk(process, output, errors);

	if (rc < 0)
		rc = gm_error_errno(err, "cannot read from '%s'",
				    process->name);
	if (rc > 0) {
		kill(process->pid, SIGTERM);
		rc = gm_error_set(err, GM_EREFUSED,
				  "'%s' writes more than %zu MiB",
				  process->name, process->limit >> 20);
	}
	*status = reap(process);
	free(process->name);
	free(process);
	return rc;
}

/* The child's input: a pipe that is to be fed, or what this program has. */
static int call(struct gm_process *process, const char *const *argv,
		const struct gm_strbuf *input)
{
	int in[2] = { STDIN_FILENO, -1 };
	const char *const no_changes[] = { NULL };
	int rc;

	if (input && open_input(input, false, in))
		return errno;
	rc = spawn(&process->pid, argv, no_changes,
		   (int[3]){ in[0], STDOUT_FILENO, STDERR_FILENO });
	if (input)
		shut(&in[0]);
	process->input = input;
	process->fd[0] = in[1];
	if (rc)
		shut(&process->fd[0]);
	return rc;
}

/* Writes all of the input, waiting for a child that is slow to read. */
static void feed_all(struct gm_process *process)
{
	while (process->fd[0] >= 0) {
		struct pollfd pipe = { process->fd[0], POLLOUT, 0 };

		if (poll(&pipe, 1, -1) < 0 && errno != EINTR)
			shut(&process->fd[0]);
		else if (pipe.revents)
			feed(process);
	}
}

int gm_process_call(const char *const *argv, const struct gm_strbuf *input,
		    int *status, struct gm_error *err)
{
	struct gm_process process = { .fd = { -1, -1, -1 } };
	int rc = call(&process, argv, input);

	if (rc == ENOEXEC) {
		const char **shell;
		size_t n = 0;

		while (argv[n])
			n++;
		shell = gm_calloc(n + 2, sizeof(*shell));
		shell[0] = "/bin/sh";
		memcpy(shell + 1, argv, n * sizeof(*shell));
		rc = call(&process, shell, input);
		free(shell);
	}
	if (rc) {
		errno = rc;
		return gm_error_errno(err, "cannot run '%s'", argv[0]);
	}
	feed_all(&process);
	*status = reap(&process);
	return 0;
}

void gm_process_free(struct gm_process *process)
{
	if (!process)
		return;
	kill(process->pid, SIGTERM);
	reap(process);
	free(process->name);
	free(process);
}
