package io.trueup.failure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class KeyFormatTest {

    @Test
    void shouldPrintTextAsItIs() {
        assertThat(KeyFormat.of("AF/Sarōbī 11".getBytes(StandardCharsets.UTF_8)))
                .isEqualTo("AF/Sarōbī 11");
    }

    @Test
    void shouldPrintOtherKeysInHexadecimal() {
        assertThat(KeyFormat.of(new byte[] {(byte) 0xff, 0x10})).isEqualTo("hex:ff10");
        assertThat(KeyFormat.of(new byte[] {'a', '\n'})).isEqualTo("hex:610a");
        assertThat(KeyFormat.of(new byte[0])).isEqualTo("hex:");
        assertThat(KeyFormat.of("a\u202eb".getBytes(StandardCharsets.UTF_8))).startsWith("hex:");
    }

    @Test
    void shouldReadTextAndHexadecimal() {
        assertThat(KeyFormat.parse("ff10", false))
                .asString(StandardCharsets.UTF_8)
                .isEqualTo("ff10");
        assertThat(KeyFormat.parse("hex:ff10", false)).isEqualTo(new byte[] {(byte) 0xff, 0x10});
        assertThat(KeyFormat.parse("hex:ff10", true)).isEqualTo(new byte[] {(byte) 0xff, 0x10});
        assertThat(KeyFormat.parse("ff10", true)).isEqualTo(new byte[] {(byte) 0xff, 0x10});
        assertThatThrownBy(() -> KeyFormat.parse("xyz", true))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'xyz' is not hexadecimal");
    }

    @Test
    void shouldReadEveryKeyAsItIsPrinted() {
        List<byte[]> keys = Stream.of(
                        "", "\0", "hex:00", "hex:", "hex:xyz", "HEX:00", " hex:00", " ", "a\n", "\ufeffa", "=1")
                .map(key -> key.getBytes(StandardCharsets.UTF_8))
                .toList();

        assertThat(keys)
                .allSatisfy(key ->
                        assertThat(KeyFormat.parse(KeyFormat.of(key), false)).isEqualTo(key));
        assertThat(keys.stream().map(KeyFormat::of)).doesNotHaveDuplicates();
    }

    @Test
    void shouldCutOffLongKeys() {
        assertThat(KeyFormat.shortened("abcdef".getBytes(StandardCharsets.UTF_8), 6))
                .isEqualTo("abcdef");
        assertThat(KeyFormat.shortened("abcdefg".getBytes(StandardCharsets.UTF_8), 6))
                .isEqualTo("abcdef…");
    }
}
