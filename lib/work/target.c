/*
 * From options, environment and settings to one URL. What .gitmigrate says
 * came with a clone: it may not send the user's credentials to a host, or
 * the tool's hands to a file, that the user has not named.
 */
#include "work/target.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/path.h"
#include "work/files.h"

/* The value of one line, unquoted; negative where a quote doesn't end. */
static int env_value(const char *p, const char *end, struct gm_strbuf *out)
{
	char quote = '\0';

	while (p < end && isspace((unsigned char)*p))
		p++;
	if (p < end && (*p == '"' || *p == '\''))
		quote = *p++;
	for (; p < end; p++) {
		if (quote && *p == quote)
			return 0;
		if (!quote && *p == '#' && out->len &&
		    isspace((unsigned char)p[-1]))
			break;
		if (quote == '"' && *p == '\\' && p + 1 < end)
			p++;
		gm_strbuf_addc(out, *p);
	}
	while (!quote && out->len &&
	       isspace((unsigned char)out->buf[out->len - 1]))
		gm_strbuf_cut(out, out->len - 1);
	return quote ? -1 : 0;
}

static int env_line(struct gm_strings *out, const char *p, const char *end)
{
	struct gm_strbuf line = { 0 };
	const char *name;

	while (p < end && isspace((unsigned char)*p))
		p++;
	if (p == end || *p == '#')
		return 0;
	if (end - p > 7 && !strncmp(p, "export ", 7))
		for (p += 7; p < end && *p == ' ';)
			p++;
	for (name = p; p < end && (*p == '_' || isalnum((unsigned char)*p));)
		p++;
	if (p == name)
		return -1;
	gm_strbuf_add(&line, name, (size_t)(p - name));
	while (p < end && *p == ' ')
		p++;
	if (p == end || *p != '=') {
		gm_strbuf_release(&line);
		return -1;
	}
	gm_strbuf_addc(&line, '=');
	struct gm_strbuf value = { 0 };
	int ret = env_value(p + 1, end, &value);

	gm_strbuf_adds(&line, gm_strbuf_str(&value));
	gm_strbuf_release(&value);
	gm_strings_take(out, gm_strbuf_take(&line));
	return ret;
}

int gm_env_file_read(struct gm_strings *out, const char *path,
		     struct gm_error *err)
{
	struct gm_strbuf text = { 0 };
	size_t line = 1;
	const char *p;
	const char *end;
	int ret = gm_file_read(path, &text, err);

	if (ret < 0)
		goto done;
	end = gm_strbuf_str(&text) + text.len;
	for (p = gm_strbuf_str(&text); p < end; line++) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));

		if (!eol)
			eol = end;
		if (env_line(out, p, eol) < 0) {
			ret = gm_error_set(err, GM_EINVALID,
					   "%s:%zu: this is no NAME=VALUE",
					   path, line);
			goto done;
		}
		p = eol + 1;
	}
done:
	gm_strbuf_release(&text);
	return ret;
}

/* A variable of the environment, or else of --env-file. Borrowed. */
static const char *variable(const struct gm_project *project, const char *name)
{
	const char *value = getenv(name);
	size_t len = strlen(name);
	size_t i;

	if (value && *value)
		return value;
	for (i = project->env.n; i-- > 0;) {
		const char *line = project->env.v[i];

		if (!strncmp(line, name, len) && line[len] == '=')
			return line[len + 1] ? line + len + 1 : NULL;
	}
	return NULL;
}

/* Follows `env:NAME`. */
static int resolve(const struct gm_project *project, const char *text,
		   char **out, struct gm_error *err)
{
	const char *value;

	if (!gm_starts_with(text, "env:")) {
		*out = gm_strdup(text);
		return 0;
	}
	value = text[4] ? variable(project, text + 4) : NULL;
	if (!text[4])
		return gm_error_set(err, GM_EINVALID,
				    "'env:' names no variable");
	if (!value) {
		gm_error_set(err, GM_ENOTFOUND,
			     "the URL is to come from the variable '%s', which "
			     "isn't set",
			     text + 4);
		return gm_error_hint(err,
				     "set %s, or name the database with "
				     "--url",
				     text + 4);
	}
	*out = gm_strdup(value);
	return 1;
}

static int named_target(const struct gm_project *project, char **out,
			bool *from_project, struct gm_error *err)
{
	const char *name = project->options.target;
	char *key = gm_format("migrate-target.%s.url", name);
	const struct gm_config_entry *entry = gm_config_find(&project->config,
							     key);
	struct gm_strings names = { 0 };
	size_t i;
	int ret;

	free(key);
	if (entry) {
		*from_project = entry->scope == GM_CONFIG_PROJECT;
		ret = resolve(project, entry->value, out, err);
		if (ret > 0)
			*from_project = false;
		return ret < 0 ? ret : 0;
	}
	gm_error_set(err, GM_ENOTFOUND, "there is no target '%s'", name);
	gm_config_subsections(&project->config, "migrate-target", &names);
	for (i = 0; i < names.n; i++)
		gm_error_hint(err, "there is '%s'", names.v[i]);
	if (!names.n)
		gm_error_hint(err,
			      "name it in .gitmigrate: [migrate-target "
			      "\"%s\"] url = …",
			      name);
	gm_strings_release(&names);
	return GM_ENOTFOUND;
}

static bool is_ours(const struct gm_config_entry *entry)
{
	return entry->scope == GM_CONFIG_PROJECT ||
	       gm_starts_with(entry->key, "migrate.") ||
	       gm_starts_with(entry->key, "migrate-");
}

static int nothing_named(const struct gm_project *project, struct gm_error *err)
{
	bool begun = !project->repo || project->options.dir;
	size_t i;

	for (i = 0; !begun && i < project->config.n; i++)
		begun = is_ours(&project->config.v[i]);
	if (!begun) {
		gm_error_set(err, GM_ENOTFOUND,
			     "there is no .gitmigrate here yet");
		return gm_error_hint(err, "git migrate init --url "
					  "sqlite:app.db");
	}
	gm_error_set(err, GM_ENOTFOUND, "no database is named");
	if (project->repo)
		gm_error_hint(err, "git config migrate.url sqlite:app.db");
	return gm_error_hint(err, "name it with --url URL, with the variable "
				  "DATABASE_URL, or with url in .gitmigrate");
}

int gm_target_url(const struct gm_project *project, char **out,
		  bool *from_project, struct gm_error *err)
{
	const struct gm_config_entry *user = gm_config_find_user(
		&project->config, "migrate.url");
	const struct gm_config_entry *any = gm_config_find(&project->config,
							   "migrate.url");
	const char *text;
	int ret;

	*from_project = false;
	if (project->options.url)
		text = project->options.url;
	else if (project->options.target)
		return named_target(project, out, from_project, err);
	else if (variable(project, "GIT_MIGRATE_URL"))
		text = variable(project, "GIT_MIGRATE_URL");
	else if (user)
		text = user->value;
	else if (variable(project, "DATABASE_URL"))
		text = variable(project, "DATABASE_URL");
	else if (any)
		text = any->value;
	else
		return nothing_named(project, err);
	*from_project = any && text == any->value &&
			any->scope == GM_CONFIG_PROJECT;
	ret = resolve(project, text, out, err);
	if (ret > 0)
		*from_project = false;
	return ret < 0 ? ret : 0;
}

/* Whether the file lies below the directory, once links are followed. */
static bool lies_below(const char *dir, const char *path)
{
	char *real_dir = realpath(dir, NULL);
	char *copy = gm_strdup(path);
	char *real = realpath(copy, NULL);
	bool below;

	/* A database that doesn't exist yet: look where it would be. */
	while (!real && strrchr(copy, '/') && strrchr(copy, '/') != copy) {
		if (strstr(copy, "/../") || gm_ends_with(copy, "/.."))
			break;
		*strrchr(copy, '/') = '\0';
		real = realpath(copy, NULL);
	}
	below = real && real_dir && gm_path_is_below(real, real_dir);
	free(real_dir);
	free(real);
	free(copy);
	return below;
}

/* The first of these parameters that the query has, else the part of the URL;
 * "" where there is neither. The caller frees it. */
static char *part_of(const struct gm_url *url, const char *const *names,
		     const char *part)
{
	char *value = NULL;

	for (; *names && !value; names++)
		value = gm_url_parameter(url, *names);
	return value ? value : gm_strdup(part ? part : "");
}

static bool is_here(const char *host)
{
	return !*host || !strcasecmp(host, "localhost") ||
	       !strcmp(host, "127.0.0.1") || !strcmp(host, "::1");
}

/* Where a server's URL leads, whoever asks there and however. */
static char *server_place(const struct gm_url *url,
			  const struct gm_driver *driver)
{
	static const char *const hosts[] = { "hostaddr", "host", "socket",
					     NULL };
	static const char *const ports[] = { "port", NULL };
	static const char *const databases[] = { "dbname", NULL };
	char *host = part_of(url, hosts, url->host);
	char *port = part_of(url, ports, url->port);
	char *database = part_of(url, databases, url->path);
	char *c;
	char *place;

	for (c = host; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	place = gm_format("%s %s %s %s", driver->name,
			  is_here(host) ? "localhost" : host,
			  *port ? port : driver->port, database);
	free(host);
	free(port);
	free(database);
	return place;
}

/* A text that is the same for URLs of the same database; NULL for what is no
 * URL of a database. The caller frees it. */
static char *place_of(const struct gm_project *project, const char *text)
{
	const struct gm_driver *driver = NULL;
	struct gm_url url = { 0 };
	char *place = NULL;
	char *path;

	if (!gm_url_parse(&url, text, NULL))
		driver = gm_driver_find(project->options.drivers, url.scheme);
	if (driver && driver->flags & GM_DRIVER_FILE) {
		path = *url.path == '/'
			       ? gm_strdup(url.path)
			       : gm_format("%s/%s", project->top, url.path);
		place = gm_path_resolve(path);
		free(path);
	} else if (driver) {
		place = server_place(&url, driver);
	}
	gm_url_release(&url);
	return place;
}

/* Whether it is a target's, by its name; what its URL needs may not be set. */
static bool is_at(const struct gm_project *project, const char *name,
		  const char *place)
{
	char *key = gm_format("migrate-target.%s.url", name);
	const char *value = gm_config_get(&project->config, key, "");
	char *text = NULL;
	char *other = NULL;
	bool same;

	if (*value && resolve(project, value, &text, NULL) >= 0)
		other = place_of(project, text);
	same = other && !strcmp(other, place);
	free(other);
	free(text);
	free(key);
	return same;
}

static bool has_rules(const struct gm_project *project, const char *name)
{
	static const char *const rules[] = { "protected", "requires" };
	bool found = false;
	size_t i;

	for (i = 0; i < GM_ARRAY_SIZE(rules); i++) {
		char *key = gm_format("migrate-target.%s.%s", name, rules[i]);

		found |= gm_config_find(&project->config, key) != NULL;
		free(key);
	}
	return found;
}

char *gm_target_name_of(const struct gm_project *project)
{
	char *place = place_of(project, project->url.text);
	struct gm_strings names = { 0 };
	char *found = NULL;
	size_t i;

	gm_config_subsections(&project->config, "migrate-target", &names);
	for (i = 0; i < names.n; i++) {
		const char *name = names.v[i];

		if ((found && !has_rules(project, name)) || !place ||
		    !is_at(project, name, place))
			continue;
		free(found);
		found = gm_strdup(name);
		if (has_rules(project, name))
			break;
	}
	gm_strings_release(&names);
	free(place);
	return found;
}

static bool is_trusted_host(const struct gm_config *config, const char *host)
{
	size_t i;

	for (i = 0; i < config->n; i++) {
		const struct gm_config_entry *entry = &config->v[i];

		if (entry->scope == GM_CONFIG_USER &&
		    !strcmp(entry->key, "migrate.trustedhost") &&
		    !strcmp(entry->value, host))
			return true;
	}
	return false;
}

/* Wherever the client might go has to be this machine or trusted. */
static int check_hosts(const struct gm_project *project,
		       const struct gm_url *url, struct gm_error *err)
{
	struct gm_strings away = { 0 };
	char *word;
	int ret = 0;
	size_t i;

	gm_url_hosts_away(url, &away);
	for (i = 0; !ret && i < away.n; i++) {
		if (is_trusted_host(&project->config, away.v[i]))
			continue;
		gm_error_set(err, GM_EREFUSED,
			     ".gitmigrate names a database on another "
			     "machine: '%s'",
			     away.v[i]);
		word = gm_shell_word(away.v[i]);
		ret = gm_error_hint(err,
				    "if you trust it: git config --add "
				    "migrate.trustedHost %s",
				    word);
		free(word);
	}
	gm_strings_release(&away);
	return ret;
}

int gm_target_is_trusted(const struct gm_project *project,
			 const struct gm_url *url,
			 const struct gm_driver *driver, struct gm_error *err)
{
	bool trusted;
	char *word;
	int ret;

	if (driver->flags & GM_DRIVER_FILE) {
		char *path = *url->path == '/'
				     ? gm_strdup(url->path)
				     : gm_format("%s/%s", project->top,
						 url->path);

		trusted = lies_below(project->top, path) &&
			  !(project->repo &&
			    (lies_below(gm_repo_git_dir(project->repo), path) ||
			     lies_below(gm_repo_common_dir(project->repo),
					path)));
		free(path);
		if (trusted)
			return 0;
		gm_error_set(err, GM_EREFUSED,
			     ".gitmigrate names a database outside the work "
			     "tree: '%s'",
			     url->path);
		word = gm_shell_word(url->text);
		ret = gm_error_hint(err,
				    "if you trust it: git config "
				    "migrate.url %s",
				    word);
		free(word);
		return ret;
	}
	return check_hosts(project, url, err);
}
