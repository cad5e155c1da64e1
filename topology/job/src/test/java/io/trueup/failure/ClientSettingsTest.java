package io.trueup.failure;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClientSettingsTest {

    private static final String JAAS = "sasl.jaas.config";
    private static final String MECHANISM = "sasl.mechanism";
    private static final String PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule required;";

    @TempDir
    Path directory;

    @Test
    void shouldFindStoresThatAreNoFiles() throws Exception {
        for (String name : new String[] {"ssl.truststore.location", "ssl.keystore.location"}) {
            assertThat(fault(name, Map.of(name, directory.resolve("none").toString())))
                    .hasValueSatisfying(fault -> assertThat(fault).startsWith("there is no such file"));
            assertThat(fault(name, Map.of(name, directory.toString()))).isPresent();
            assertThat(fault(
                            name,
                            Map.of(
                                    name,
                                    Files.createFile(directory.resolve(name)).toString())))
                    .isEmpty();
            assertThat(fault(name, Map.of(name, ""))).isEmpty();
        }
    }

    @Test
    void shouldFindMechanismsThatKafkaDoesNotHave() {
        assertThat(fault(MECHANISM, Map.of(MECHANISM, "PLAIM", JAAS, PLAIN)))
                .hasValueSatisfying(fault -> assertThat(fault).contains("use one of PLAIN, SCRAM-SHA-256"));
        assertThat(fault(MECHANISM, Map.of(MECHANISM, "PLAIN", JAAS, PLAIN))).isEmpty();
        assertThat(fault(MECHANISM, Map.of(MECHANISM, "AWS_MSK_IAM", JAAS, "com.example.LoginModule required;")))
                .as("a login module of somebody else")
                .isEmpty();
        assertThat(fault("client.dns.lookup", Map.of("client.dns.lookup", "x"))).isEmpty();
    }

    private static Optional<String> fault(String name, Map<String, String> settings) {
        return ClientSettings.fault(name, settings);
    }
}
