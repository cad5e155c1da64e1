package io.trueup.broker;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;

/**
 * A broker with a second listener that requires SASL PLAIN credentials. With an authorizer, the second listener also requires TLS,
 * clients of the open listener are super users, and a user of the secured one may do what ACLs permit and nothing else.
 */
public final class SecuredBroker implements AutoCloseable {

    private static final String LOGIN_MODULE = "org.apache.kafka.common.security.plain.PlainLoginModule";

    private static final String LISTENER = "listener.name.secured.";

    public static final String PASSWORD = "password-of-the-auditor";

    /** Without ACLs for a resource, nobody but a super user has access to it. */
    private static final String[] AUTHORIZER = {
        "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer", "super.users=User:ANONYMOUS"
    };

    private final EmbeddedBroker broker;
    private final int port;
    private final Optional<Certificate> certificate;
    private final TestBroker open;

    private SecuredBroker(EmbeddedBroker broker, int port, Optional<Certificate> certificate) {
        this.broker = broker;
        this.port = port;
        this.certificate = certificate;
        open = TestBroker.of(broker);
    }

    /** A broker without an authorizer, whose only user is {@code auditor}. */
    public static SecuredBroker start() throws IOException {
        return start(Map.of("auditor", PASSWORD), Optional.empty());
    }

    /**
     * A broker that authorizes by ACLs, and encrypts.
     *
     * @param passwords the users of the secured listener
     * @param settings further settings of the broker
     */
    public static SecuredBroker authorizing(Map<String, String> passwords, String... settings) throws IOException {
        Certificate certificate = Certificate.create();
        return start(
                passwords,
                Optional.of(certificate),
                Stream.of(AUTHORIZER, certificate.brokerSettings(LISTENER), settings)
                        .flatMap(Stream::of)
                        .toArray(String[]::new));
    }

    private static SecuredBroker start(
            Map<String, String> passwords, Optional<Certificate> certificate, String... settings) throws IOException {
        String users = passwords.entrySet().stream()
                .map(user -> " user_" + user.getKey() + "=\"" + user.getValue() + "\"")
                .collect(Collectors.joining());
        List<String> all = new ArrayList<>(List.of(settings));
        all.add(LISTENER + "sasl.enabled.mechanisms=PLAIN");
        all.add(LISTENER + "plain.sasl.jaas.config=" + LOGIN_MODULE + " required" + users + ";");
        int port = freePort();
        String address = ",SECURED://127.0.0.1:" + port;
        String protocol = ",SECURED:" + protocol(certificate);
        EmbeddedBroker broker = EmbeddedBroker.start(properties -> properties
                        .replaceAll("(?m)^(listeners=.*|advertised.listeners=.*)$", "$1" + address)
                        .replaceAll("(?m)^(listener.security.protocol.map=.*)$", "$1" + protocol)
                + String.join("\n", all));
        return new SecuredBroker(broker, port, certificate);
    }

    private static String protocol(Optional<Certificate> certificate) {
        return certificate.isPresent() ? "SASL_SSL" : "SASL_PLAINTEXT";
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** The properties by which a client connects to the secured listener as a user. */
    public Map<String, String> client(String user, String password) {
        Map<String, String> properties = new HashMap<>(Map.of(
                "bootstrap.servers",
                securedServers(),
                "security.protocol",
                protocol(certificate),
                "sasl.mechanism",
                "PLAIN",
                "sasl.jaas.config",
                LOGIN_MODULE + " required username=\"" + user + "\" password=\"" + password + "\";"));
        certificate.ifPresent(trusted -> properties.putAll(trusted.clientSettings()));
        return properties;
    }

    /** The broker as its super user sees it. */
    public TestBroker open() {
        return open;
    }

    /** Creates ACLs, and waits until the broker knows them. */
    public void grant(Collection<AclBinding> acls) throws Exception {
        open.admin().createAcls(acls).all().get();
        awaitAcls(known -> known.containsAll(acls));
    }

    /** Removes ACLs, and waits until the broker does not know them any more. */
    public void revoke(Collection<AclBinding> acls) throws Exception {
        List<AclBindingFilter> filters = acls.stream().map(AclBinding::toFilter).toList();
        open.admin().deleteAcls(filters).all().get();
        awaitAcls(known -> Collections.disjoint(known, acls));
    }

    private void awaitAcls(Predicate<Set<AclBinding>> expected) {
        await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> expected.test(Set.copyOf(
                        open.admin().describeAcls(AclBindingFilter.ANY).values().get())));
    }

    /** Listener without credentials. */
    public String openServers() {
        return broker.bootstrapServers();
    }

    /** Listener that requires credentials. */
    public String securedServers() {
        return "127.0.0.1:" + port;
    }

    @Override
    public void close() {
        open.admin().close();
        broker.close();
        certificate.ifPresent(Certificate::close);
    }
}
