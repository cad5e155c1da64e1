package io.trueup.broker;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;

/** A broker with a second listener that requires SASL PLAIN credentials. Its only user is {@code auditor}. */
public final class SecuredBroker implements AutoCloseable {

    public static final String PASSWORD = "password-of-the-auditor";

    private final EmbeddedBroker broker;
    private final int port;

    private SecuredBroker(EmbeddedBroker broker, int port) {
        this.broker = broker;
        this.port = port;
    }

    public static SecuredBroker start() throws IOException {
        EmbeddedBroker broker = EmbeddedBroker.start(
                "listener.name.secured.sasl.enabled.mechanisms=PLAIN",
                "listener.name.secured.plain.sasl.jaas.config="
                        + "org.apache.kafka.common.security.plain.PlainLoginModule required user_auditor=\"" + PASSWORD
                        + "\";");
        try {
            int port = freePort();
            Path file = broker.directory().resolve("server.properties");
            String address = ",SECURED://127.0.0.1:" + port;
            Files.writeString(
                    file,
                    Files.readString(file)
                            .replaceAll("(?m)^(listeners=.*|advertised.listeners=.*)$", "$1" + address)
                            .replaceAll("(?m)^(listener.security.protocol.map=.*)$", "$1,SECURED:SASL_PLAINTEXT"));
            broker.kill(); // an orderly end would remove the directory
            broker.restart();
            return new SecuredBroker(broker, port);
        } catch (IOException | RuntimeException e) {
            broker.close();
            throw e;
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
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
        broker.close();
    }
}
