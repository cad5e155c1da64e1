package io.trueup.config.http;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.utils.Utils;

/** What a configuration says about HTTP. Immutable and thread-safe. */
public final class HttpSettings {

    /** The key of the address; for messages. */
    public static final String LISTEN = HttpKeys.LISTEN;

    /** Why a process without credentials carries out no action, and what to do. */
    public static final String NO_ACTIONS = "actions need credentials, and none are configured: set " + HttpKeys.TOKEN
            + ", or " + HttpKeys.USER + " and " + HttpKeys.PASSWORD + ", or use the command line";

    private static final ConfigDef DEFINITION = HttpKeys.definition();
    private static final String LOOPBACK_NAME = "localhost";

    private final Map<String, Object> values;
    private final Map<String, String> secrets = new TreeMap<>();

    private HttpSettings(Map<String, String> given, UnaryOperator<String> secret) {
        values = DEFINITION.parse(given);
        for (String key : List.of(HttpKeys.TOKEN, HttpKeys.PASSWORD, HttpKeys.TLS_PASSWORD)) {
            String found = secret.apply(key);
            if (!found.isEmpty()) {
                secrets.put(key, found);
            }
        }
    }

    /**
     * User name and password of basic authentication.
     *
     * @param password a secret
     */
    public record Basic(String user, String password) {

        /** Without the password. */
        @Override
        public String toString() {
            return user;
        }
    }

    /**
     * Where certificate and private key are: in a PKCS#12 file or in two PEM files.
     *
     * @param keystore the PKCS#12 file; null if PEM files are used
     * @param certificate the PEM file of the certificate; null with a keystore
     * @param key the PEM file of the private key; null with a keystore
     * @param password the password of keystore or key; null if there is none
     */
    public record Tls(Path keystore, Path certificate, Path key, String password) {

        /** The files, without the password. */
        @Override
        public String toString() {
            return keystore != null ? keystore.toString() : certificate + ", " + key;
        }
    }

    /** The keys, with rules and documentation. */
    public static ConfigDef definition() {
        return HttpKeys.definition();
    }

    /**
     * Reads settings whose values were checked one by one, and passes on what is wrong with them as a whole. If one is not valid, which
     * was found before, the result has no address.
     *
     * @param all settings by key
     * @param secret returns the secret of a key, set there or in its file; empty if there is none
     * @param problem takes key and text
     */
    public static HttpSettings checked(
            Map<String, String> all, UnaryOperator<String> secret, BiConsumer<String, String> problem) {
        Map<String, String> given = new TreeMap<>(all);
        given.keySet().retainAll(DEFINITION.names());
        try {
            HttpSettings settings = new HttpSettings(given, secret);
            settings.check(given, problem);
            return settings;
        } catch (ConfigException e) {
            return new HttpSettings(Map.of(), key -> "");
        }
    }

    /** The fault of a secret with its remedy, or null. The password of a keystore may be short. */
    public static String secretFault(String key, String secret) {
        return !key.equals(HttpKeys.TLS_PASSWORD)
                        && secret.getBytes(StandardCharsets.UTF_8).length < HttpKeys.MIN_SECRET_BYTES
                ? "too short; use at least " + HttpKeys.MIN_SECRET_BYTES
                        + " random characters, for example from: openssl rand -base64 24"
                : null;
    }

    private void check(Map<String, String> given, BiConsumer<String, String> problem) {
        if (!listens()) {
            given.keySet()
                    .forEach(key -> problem.accept(
                            key, key + " is set, but the process does not listen: set " + LISTEN + ", or remove it"));
            return;
        }
        if (has(HttpKeys.USER) != hasSecret(given, HttpKeys.PASSWORD)) {
            problem.accept(
                    HttpKeys.USER,
                    has(HttpKeys.USER)
                            ? "http.user is set without a password; set http.password or http.password.file"
                            : "http.password is set without http.user; set both");
        } else if (!isLoopback() && !hasSecret(given, HttpKeys.TOKEN) && !has(HttpKeys.USER)) {
            problem.accept(
                    LISTEN,
                    LISTEN + "=" + text(LISTEN)
                            + " can be reached from other hosts, and anybody could read there which keys"
                            + " differ: set http.token.file (or http.user and http.password.file), or listen on 127.0.0.1:"
                            + port());
        }
        checkTls(given, problem);
    }

    private void checkTls(Map<String, String> given, BiConsumer<String, String> problem) {
        boolean pem = has(HttpKeys.CERTIFICATE) || has(HttpKeys.KEY);
        if (has(HttpKeys.CERTIFICATE) != has(HttpKeys.KEY)) {
            problem.accept(
                    HttpKeys.CERTIFICATE, "http.tls.certificate and http.tls.key belong together; set both, or none");
        } else if (pem && has(HttpKeys.KEYSTORE)) {
            problem.accept(
                    HttpKeys.KEYSTORE, "http.tls.keystore and http.tls.certificate are both set; keep one of them");
        } else if (!pem && !has(HttpKeys.KEYSTORE) && hasSecret(given, HttpKeys.TLS_PASSWORD)) {
            problem.accept(
                    HttpKeys.TLS_PASSWORD,
                    "http.tls.password is set, but there is no certificate: set http.tls.keystore, or http.tls.certificate"
                            + " and http.tls.key, or remove it");
        }
    }

    private static boolean hasSecret(Map<String, String> given, String key) {
        return given.containsKey(key) || given.containsKey(key + HttpKeys.FILE);
    }

    /** What looks wrong but may be right. */
    public List<String> warnings() {
        List<String> warnings = new ArrayList<>();
        if (listens() && !isLoopback() && tls().isEmpty()) {
            warnings.add(LISTEN + " = " + text(LISTEN)
                    + " answers without TLS: token and password can be read on the network. Set http.tls.certificate and"
                    + " http.tls.key, unless a proxy in front of it does that");
        }
        return warnings;
    }

    /** Whether the process listens at all. */
    public boolean listens() {
        return has(LISTEN);
    }

    /** The host of the address to listen on. */
    public String host() {
        return Utils.getHost(text(LISTEN));
    }

    /** The port to listen on; 0 lets the system choose. */
    public int port() {
        return Utils.getPort(text(LISTEN));
    }

    /** Whether only processes of this host can reach the address. A name other than localhost is taken for one that all can reach. */
    public boolean isLoopback() {
        return isLoopback(host());
    }

    /** Whether a name or an address as a request has it, without brackets, stands for this host. */
    public static boolean isLoopback(String host) {
        return host.equalsIgnoreCase(LOOPBACK_NAME)
                || host.equals("::1")
                || host.equals("0:0:0:0:0:0:0:1")
                || host.matches("127(\\.[0-9]{1,3}){3}");
    }

    /** Names of this process that are accepted besides those of loopback addresses, in lower case and without brackets. */
    public List<String> hosts() {
        @SuppressWarnings("unchecked") // as ConfigDef parses the type LIST
        List<String> hosts = (List<String>) values.get(HttpKeys.HOSTS);
        return hosts == null
                ? List.of()
                : hosts.stream()
                        .map(host -> host.toLowerCase(Locale.ROOT).replaceAll("[\\[\\]]", ""))
                        .toList();
    }

    /** The token that requests need, if there is one. */
    public Optional<String> token() {
        return Optional.ofNullable(secrets.get(HttpKeys.TOKEN));
    }

    /** User name and password that requests need, if there are any. */
    public Optional<Basic> basic() {
        return has(HttpKeys.USER)
                ? Optional.of(new Basic(text(HttpKeys.USER), secrets.getOrDefault(HttpKeys.PASSWORD, "")))
                : Optional.empty();
    }

    /** Certificate and key, if answers are encrypted. */
    public Optional<Tls> tls() {
        String password = secrets.get(HttpKeys.TLS_PASSWORD);
        if (has(HttpKeys.KEYSTORE)) {
            return Optional.of(new Tls(Path.of(text(HttpKeys.KEYSTORE)), null, null, password));
        }
        return has(HttpKeys.CERTIFICATE)
                ? Optional.of(new Tls(null, Path.of(text(HttpKeys.CERTIFICATE)), Path.of(text(HttpKeys.KEY)), password))
                : Optional.empty();
    }

    private boolean has(String key) {
        return values.get(key) != null;
    }

    private String text(String key) {
        return (String) values.get(key);
    }

    /** The address, without secrets. */
    @Override
    public String toString() {
        return listens() ? text(LISTEN) : "no HTTP";
    }
}
