package io.trueup.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.config.http.HttpSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpConfigTest {

    private static final String TOKEN = "do-not-print-this-token";

    @TempDir
    Path directory;

    private static TrueupConfig config(String changes) {
        return new Example().changed(changes).load();
    }

    @Test
    void shouldNotListenByDefault() {
        assertThat(Example.config().http().listens()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1:8484, 127.0.0.1, 8484, true",
        "localhost:0, localhost, 0, true",
        "[::1]:8484, ::1, 8484, true",
        "0.0.0.0:8484, 0.0.0.0, 8484, false",
        "127.example.com:8484, 127.example.com, 8484, false"
    })
    void shouldReadTheAddress(String listen, String host, int port, boolean loopback) {
        HttpSettings http =
                config("http.token=" + TOKEN + ";http.listen=" + listen).http();

        assertThat(http.host()).isEqualTo(host);
        assertThat(http.port()).isEqualTo(port);
        assertThat(http.isLoopback()).isEqualTo(loopback);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "http.listen=8484 | not of the form host:port; write 127.0.0.1:8484",
                "http.listen=http://localhost:8484 | not of the form host:port",
                "http.listen=localhost:65536 | use a port from 1 to 65535",
                "http.listen=0.0.0.0:8484 | can be reached from other hosts",
                "http.listen=0.0.0.0:8484 | set http.token.file (or http.user and http.password.file), or listen on 127.0.0.1:8484",
                "http.token=do-not-print-this-token | the process does not listen: set http.listen, or remove it",
                "http.listen=localhost:1;http.token=short | too short; use at least 16 random characters",
                "http.listen=localhost:1;http.user=ops | http.user is set without a password",
                "http.listen=localhost:1;http.password=do-not-print-this-token | http.password is set without http.user",
                "http.listen=localhost:1;http.user=a:b;http.password=do-not-print-this-token | without ':'",
                "http.listen=localhost:1;http.hosts=https://a.example | write it without scheme and port",
                "http.listen=localhost:1;http.tls.key=a | http.tls.certificate and http.tls.key belong together",
                "http.listen=localhost:1;http.tls.key=a;http.tls.certificate=b;http.tls.keystore=c | keep one of them",
                "http.listen=localhost:1;http.tls.password=a | there is no certificate",
                "http.listen=localhost:1;http.token=do-not-print-this-token;http.token.file=x | both set; keep one of them",
                "http.listen=localhost:1;http.token.file=/no/such | there is no such file; name the file that holds it",
            })
    void shouldNameWhatIsWrong(String changes, String problem) {
        assertThatThrownBy(() -> config(changes))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining(problem)
                .satisfies(failure -> assertThat(failure.getMessage()).doesNotContain(TOKEN));
    }

    @Test
    void shouldReadSecretsFromFilesAndShowNone() throws Exception {
        Path token = Files.writeString(directory.resolve("token"), " " + TOKEN + "\n");
        Path password = Files.writeString(directory.resolve("password"), "do-not-print-this-password\n");

        TrueupConfig config = config("http.listen=0.0.0.0:8484;http.user=ops;http.token.file=" + token
                + ";http.password.file=" + password + ";http.tls.keystore=a;http.tls.password=do-not-print-it");

        assertThat(config.http().token()).hasValue(TOKEN);
        assertThat(config.http().basic())
                .hasValueSatisfying(basic -> assertThat(basic.password()).isEqualTo("do-not-print-this-password"));
        assertThat(config.shown().toString()
                        + config
                        + config.http()
                        + config.http().basic()
                        + config.http().tls())
                .contains("http.listen=0.0.0.0:8484")
                .doesNotContain("do-not-print");
    }

    @Test
    void shouldRefuseAShortTokenInAFile() throws Exception {
        Path token = Files.writeString(directory.resolve("token"), "short\n");

        assertThatThrownBy(() -> config("http.listen=localhost:1;http.token.file=" + token))
                .hasMessageContaining("http.token.file")
                .hasMessageContaining("too short");
    }

    @Test
    void shouldWarnOfCredentialsThatTravelInTheClear() {
        assertThat(config("http.listen=0.0.0.0:8484;http.token=" + TOKEN).warnings())
                .singleElement()
                .asString()
                .contains("answers without TLS");
        assertThat(config("http.listen=127.0.0.1:8484;http.token=" + TOKEN).warnings())
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"http.listen=127.0.0.1:9999", "http.listen=127.0.0.1:8484;http.token=another-token-of-16"})
    void shouldNeedARestartForAChange(String changed) {
        assertThat(config("http.listen=127.0.0.1:8484").keysThatNeedARestart(config(changed)))
                .singleElement()
                .asString()
                .startsWith("http.");
    }
}
