package io.trueup.failure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.file.NoSuchFileException;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.junit.jupiter.api.Test;

class CausesTest {

    @Test
    void shouldAddWhatTheCausesSayMore() {
        Throwable failure = new KafkaException(
                "Failed to construct kafka consumer",
                new KafkaException("Failed to load the trust store. ", new NoSuchFileException("/run/trust.jks")));

        assertThat(Causes.describe(failure))
                .isEqualTo("Failed to construct kafka consumer: Failed to load the trust store: there is no file"
                        + " /run/trust.jks");
    }

    @Test
    void shouldSayNothingTwice() {
        Throwable cause = new IllegalStateException("no luck.");

        assertThat(Causes.describe(new RuntimeException(cause.toString(), cause)))
                .isEqualTo("java.lang.IllegalStateException: no luck.");
        assertThat(Causes.describe(new IllegalStateException())).isEqualTo("IllegalStateException");
    }

    @Test
    void shouldNameTheCauseOfAClientThatCannotBeMadeAndNoPartOfAPassword() {
        assertThat(admin("bootstrap.servers", "no-such-host.invalid:9092"))
                .isEqualTo(
                        "Failed to create new KafkaAdminClient: No resolvable bootstrap urls given in bootstrap.servers");
        assertThat(admin(
                        "sasl.jaas.config",
                        "org.apache.kafka.common.security.plain.PlainLoginModule required"
                                + " username=a password=top secret;"))
                .contains("Failed to create new KafkaAdminClient: ", "JAAS config")
                .doesNotContain("top", "secret");
        assertThat(admin(
                        "sasl.jaas.config",
                        "org.apache.kafka.common.security.plain.PlainLoginModule required"
                                + " username=a password=secret"))
                .contains("JAAS config entry not terminated by semi-colon");
    }

    private static String admin(String key, String value) {
        Map<String, Object> properties = new HashMap<>(Map.of(
                "bootstrap.servers",
                "localhost:9092",
                "security.protocol",
                "SASL_PLAINTEXT",
                "sasl.mechanism",
                "PLAIN"));
        properties.put(key, value);
        if (!key.equals("sasl.jaas.config")) {
            properties.remove("security.protocol");
        }
        return Causes.describe(catchThrowable(() -> Admin.create(properties).close()));
    }
}
