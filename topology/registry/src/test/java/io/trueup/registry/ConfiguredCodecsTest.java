package io.trueup.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.avro.RecordCodecs;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.Logger;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Configurator;
import org.apache.logging.log4j.core.config.Property;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Credentials are not sent without encryption unnoticed. */
class ConfiguredCodecsTest {

    private static final String URL = "schema.registry.url";

    private final List<String> warnings = new CopyOnWriteArrayList<>();
    private final AbstractAppender appender = new AbstractAppender("test", null, null, true, Property.EMPTY_ARRAY) {
        @Override
        public void append(LogEvent event) {
            if (event.getLevel().equals(Level.WARN)) {
                warnings.add(event.getMessage().getFormattedMessage());
            }
        }
    };

    @BeforeEach
    void listen() {
        appender.start();
        Configurator.setLevel(ConfiguredCodecs.class.getName(), Level.WARN);
        logger().addAppender(appender);
    }

    @AfterEach
    void stopListening() {
        logger().removeAppender(appender);
        appender.stop();
    }

    private static Logger logger() {
        return (Logger) LogManager.getLogger(ConfiguredCodecs.class);
    }

    @Test
    void shouldWarnOfCredentialsThatAreSentOverPlainHttp() {
        open(URL, "https://a,HTTP://b:8081", "basic.auth.user.info", "eu:s3cret");
        open(URL, "http://b", "bearer.auth.token", "s3cret");
        open(URL, "http://b", "schema.registry.basic.auth.user.info", "eu:s3cret");

        assertThat(warnings)
                .containsExactly(
                        "The credentials of basic.auth.user.info are sent to HTTP://b:8081 without encryption, so others can"
                                + " read them on the way: set an https address in schema.registry.url",
                        "The credentials of bearer.auth.token are sent to http://b without encryption, so others can read"
                                + " them on the way: set an https address in schema.registry.url",
                        "The credentials of schema.registry.basic.auth.user.info are sent to http://b without encryption,"
                                + " so others can read them on the way: set an https address in schema.registry.url");
        assertThat(RegistrySettings.of(Map.of(
                                URL,
                                "http://b",
                                "bearer.auth.credentials.source",
                                "OAUTHBEARER",
                                "bearer.auth.client.id",
                                "eu"))
                        .exposure())
                .hasValueSatisfying(warning ->
                        assertThat(warning).startsWith("The credentials of bearer.auth.credentials.source are"));
    }

    @Test
    void shouldNotWarnWhereCredentialsAreEncryptedOrNoneAreSent() {
        open(URL, "https://a", "basic.auth.user.info", "eu:s3cret");
        open(URL, "https://a", "bearer.auth.token", "s3cret");
        open(URL, "http://b", "schema.registry.ssl.truststore.type", "PKCS12");
        open();

        assertThat(warnings).isEmpty();
    }

    private static void open(String... keysAndValues) {
        Map<String, String> settings = new TreeMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            settings.put(keysAndValues[i], keysAndValues[i + 1]);
        }
        RecordCodecs codecs = ConfiguredCodecs.open(RegistrySettings.of(settings));
        codecs.close();
    }
}
