package io.trueup.broker;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A certificate of 127.0.0.1 that signs itself, made by the keytool of the JDK, in a directory of its own. */
final class Certificate implements AutoCloseable {

    private static final String PASSWORD = "password-of-the-key-store";

    private final Path directory;

    private Certificate(Path directory) {
        this.directory = directory;
    }

    static Certificate create() throws IOException {
        Certificate certificate = new Certificate(Files.createTempDirectory("trueup-certificate-"));
        certificate.keytool("-genkeypair", "-keyalg", "EC", "-dname", "CN=broker", "-ext", "SAN=IP:127.0.0.1");
        certificate.keytool(
                "-exportcert", "-rfc", "-file", certificate.trusted().toString());
        return certificate;
    }

    private void keytool(String command, String... options) throws IOException {
        List<String> line = new ArrayList<>();
        line.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        line.add(command);
        line.addAll(List.of(options));
        line.addAll(List.of("-alias", "broker", "-keystore", keyStore().toString(), "-storepass", PASSWORD));
        Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        try {
            if (process.waitFor() != 0) {
                throw new IOException("keytool failed: " + output);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while keytool ran", e);
        }
    }

    private Path keyStore() {
        return directory.resolve("broker.p12");
    }

    private Path trusted() {
        return directory.resolve("broker.pem");
    }

    /** @param listener the prefix of the settings of a listener */
    String[] brokerSettings(String listener) {
        return new String[] {
            listener + "ssl.keystore.type=PKCS12",
            listener + "ssl.keystore.location=" + keyStore(),
            listener + "ssl.keystore.password=" + PASSWORD,
            listener + "ssl.key.password=" + PASSWORD
        };
    }

    Map<String, String> clientSettings() {
        return Map.of(
                "ssl.truststore.type",
                "PEM",
                "ssl.truststore.location",
                trusted().toString());
    }

    @Override
    public void close() {
        Directories.deleteQuietly(directory);
    }
}
