package io.trueup.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.avro.MalformedRecordException;
import io.trueup.reconcile.exchange.Message;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ControlKeyTest {

    @Test
    void shouldReadBackReplicaAndPartition() throws Exception {
        ControlKey key = new ControlKey("eu-west", 12);

        assertThat(new String(key.encode(), StandardCharsets.UTF_8)).isEqualTo("eu-west/12");
        assertThat(ControlKey.decode(key.encode())).isEqualTo(key);
    }

    @Test
    void shouldNameNoReplicaInACommandOfAPerson() throws Exception {
        ControlKey key = new ControlKey(Message.PERSON, 3);

        assertThat(new String(key.encode(), StandardCharsets.UTF_8)).isEqualTo("/3");
        assertThat(ControlKey.decode(key.encode())).isEqualTo(key);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "eu", "eu/", "eu/-1", "eu/x", "eu/99999999999"})
    void shouldRefuseAnythingElse(String text) {
        assertThatThrownBy(() -> ControlKey.decode(text.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessageContaining("\"" + text + "\"");
    }

    @Test
    void shouldRefuseARecordWithoutKey() {
        assertThatThrownBy(() -> ControlKey.decode(null)).isInstanceOf(MalformedRecordException.class);
    }
}
