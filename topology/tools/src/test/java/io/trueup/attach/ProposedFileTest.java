package io.trueup.attach;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProposedFileTest {

    @Test
    void shouldContainTheRegistryWithoutItsSecrets() {
        String text = text(Map.of(
                "schema.registry.url", "http://registry:8081",
                "basic.auth.user.info", "me:unspoken",
                "schema.registry.ssl.keystore.password", "unspoken"));

        assertThat(text)
                .contains("\nschema.registry.url = http://registry:8081\n")
                .contains("set the environment variable TRUEUP_BASIC_AUTH_USER_INFO.")
                .contains("set the environment variable TRUEUP_SCHEMA_REGISTRY_SSL_KEYSTORE_PASSWORD.")
                .doesNotContain("unspoken");
        assertThat(text(Map.of("schema.registry.url", "http://me:unspoken@registry:8081")))
                .contains("set the environment variable TRUEUP_SCHEMA_REGISTRY_URL.")
                .doesNotContain("unspoken");
    }

    private static String text(Map<String, String> registry) {
        return ProposedFile.text(
                "orders",
                List.of("eu", "us"),
                Map.of("bootstrap.servers", "broker:9092"),
                "orders.secret",
                "orders.state",
                registry,
                Map.of("compare", "value", "resolution", "primary:eu"));
    }
}
