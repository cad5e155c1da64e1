package io.trueup.config.http;

import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigDef.Validator;
import org.apache.kafka.common.config.ConfigDef.Width;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.types.Password;
import org.apache.kafka.common.utils.Utils;

/** The keys of HTTP, with their rules and documentation. */
final class HttpKeys {

    static final String LISTEN = "http.listen";
    static final String HOSTS = "http.hosts";
    static final String TOKEN = "http.token";
    static final String USER = "http.user";
    static final String PASSWORD = "http.password";
    static final String CERTIFICATE = "http.tls.certificate";
    static final String KEY = "http.tls.key";
    static final String KEYSTORE = "http.tls.keystore";
    static final String TLS_PASSWORD = "http.tls.password";

    /** Follows the key of a secret whose value is in a file. */
    static final String FILE = ".file";

    static final int MIN_SECRET_BYTES = 16;

    private static final int MAX_PORT = 65_535;
    private static final Pattern USER_NAME = Pattern.compile("[\\x21-\\x7e&&[^:]]{1,60}");
    private static final Pattern HOST_NAME = Pattern.compile("[A-Za-z0-9._-]{1,253}|\\[[0-9A-Fa-f:.]{2,45}]");
    private static final String GROUP = "HTTP";

    private final ConfigDef definition = new ConfigDef();
    private int order;

    private HttpKeys() {}

    static ConfigDef definition() {
        HttpKeys keys = new HttpKeys();
        keys.addServer();
        keys.addCredentials();
        keys.addTls();
        return keys.definition;
    }

    private void addServer() {
        key(
                LISTEN,
                Type.STRING,
                new Rule<String>("host:port", HttpKeys::addressFault),
                "Address on which `trueup run` answers HTTP: health, metrics and status, such as `127.0.0.1:8484`. Processes on"
                        + " one host need different ports; with port 0 the system chooses one, and the log names it. An address"
                        + " that other hosts can reach needs `http.token`, or `http.user` and `http.password`. If not set, the"
                        + " process does not listen.");
        key(
                HOSTS,
                Type.LIST,
                new Rule<List<String>>("host names without ports, separated by commas", HttpKeys::hostsFault),
                "Names in the `Host` header of a request that are accepted besides `localhost` and loopback addresses: those"
                        + " under which a proxy serves this process. Requests for other names are refused, so that no web page of"
                        + " another site can read the answers. If not set, all names are accepted where `http.listen` is an"
                        + " address that other hosts can reach, and none otherwise. `/health/live` and `/health/ready` are"
                        + " answered under all names.");
    }

    private void addCredentials() {
        secret(
                TOKEN,
                "Token that a request must have: `Authorization: Bearer <token>`. Only `/health/live` and `/health/ready`"
                        + " are answered without it. If not set, requests need no token.");
        key(
                USER,
                Type.STRING,
                new Rule<String>(
                        "a name of at most 60 visible ASCII characters without ':'",
                        user -> USER_NAME.matcher(user).matches()
                                ? null
                                : "use at most 60 visible ASCII characters without ':'"),
                "User name of basic authentication, for browsers. A request needs the token or user name and password, if"
                        + " both are set. If not set, there is no basic authentication.");
        secret(PASSWORD, "Password of `http.user`. If not set, `http.password.file` has it.");
    }

    private void addTls() {
        path(
                CERTIFICATE,
                "Certificate with which the process answers by HTTPS: a PEM file of the certificate, and those of the"
                        + " authorities that have signed it. Needs `http.tls.key`. It is read at start: a renewed certificate"
                        + " needs a restart. If not set, answers are encrypted only with `http.tls.keystore`.");
        path(
                KEY,
                "Private key of `http.tls.certificate`: a PEM file, PKCS#8 (`BEGIN PRIVATE KEY`). If not set, there is no"
                        + " certificate of a PEM file either.");
        path(
                KEYSTORE,
                "PKCS#12 file with certificate and private key, instead of the two PEM files. If not set, the PEM files"
                        + " count.");
        password(
                TLS_PASSWORD,
                null,
                "a password",
                "Password of `http.tls.keystore`, or of an encrypted `http.tls.key`. If not set, they need none.");
    }

    private void secret(String name, String documentation) {
        Rule<Password> rule = new Rule<>(
                "at least " + MIN_SECRET_BYTES + " bytes", secret -> HttpSettings.secretFault(name, secret.value()));
        password(
                name,
                rule,
                null,
                documentation + " Use random characters, for example from `openssl rand -base64 24`.");
    }

    private void password(String name, Rule<Password> rule, String phrase, String documentation) {
        key(name, Type.PASSWORD, rule == null ? new Rule<Password>(phrase, any -> null) : rule, documentation);
        path(
                name + FILE,
                "File whose content is `" + name
                        + "`, without the white space around it. If not set,"
                        + " `" + name + "` itself counts; only one of the two can be set.");
    }

    private void path(String name, String documentation) {
        key(
                name,
                Type.STRING,
                new Rule<String>("a path", text -> text.isBlank() ? "name a path, or remove the key" : null),
                documentation);
    }

    private void key(String name, Type type, Validator rule, String documentation) {
        definition.define(name, type, null, rule, Importance.MEDIUM, documentation, GROUP, order++, Width.NONE, name);
    }

    private static String addressFault(String address) {
        String host = Utils.getHost(address);
        Integer port = port(address);
        if (address.contains("://") || host == null || port == null) {
            return "not of the form host:port; write 127.0.0.1:8484 for this host alone";
        }
        return port < 0 || port > MAX_PORT ? "the port is none; use a port from 1 to " + MAX_PORT : null;
    }

    private static Integer port(String address) {
        try {
            return Utils.getPort(address);
        } catch (NumberFormatException e) {
            return Integer.MAX_VALUE;
        }
    }

    private static String hostsFault(List<String> hosts) {
        for (String host : hosts) {
            if (!HOST_NAME.matcher(host).matches()) {
                return "'" + host
                        + "' is not a host name; write it without scheme and port, such as trueup.example.com";
            }
        }
        return null;
    }

    /**
     * One rule.
     *
     * @param phrase description in the reference
     * @param fault returns the fault of a value with its remedy, or null
     */
    private record Rule<T>(String phrase, Function<T, String> fault) implements Validator {

        @Override
        @SuppressWarnings("unchecked") // each key names a rule for its type
        public void ensureValid(String name, Object value) {
            String message = value == null ? null : fault.apply((T) value);
            if (message != null) {
                throw new ConfigException(name, value, message);
            }
        }

        @Override
        public String toString() {
            return phrase;
        }
    }
}
