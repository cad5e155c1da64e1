package io.trueup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class KeyTextTest {

    @Test
    void shouldShowTextAsItIs() {
        assertThat(KeyText.of("AF/Sarōbī 11".getBytes(StandardCharsets.UTF_8))).isEqualTo("AF/Sarōbī 11");
    }

    @Test
    void shouldShowAnythingElseInHexadecimal() {
        assertThat(KeyText.of(new byte[] {(byte) 0xff, 0x10})).isEqualTo("hex:ff10");
        assertThat(KeyText.of(new byte[] {'a', '\n'})).isEqualTo("hex:610a");
        assertThat(KeyText.of(new byte[0])).isEqualTo("hex:");
        assertThat(KeyText.of("a\u202eb".getBytes(StandardCharsets.UTF_8))).startsWith("hex:");
    }
}
