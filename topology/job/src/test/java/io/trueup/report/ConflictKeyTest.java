package io.trueup.report;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConflictKeyTest {

    @Test
    void shouldBeUniqueForReporterPartitionAndKey() {
        assertThat(new ConflictKey("eu", 3, bytes("tea/pot")).encode()).isEqualTo(bytes("eu/3\0tea/pot"));
        assertThat(new ConflictKey("us", 3, bytes("tea/pot")).encode()).isEqualTo(bytes("us/3\0tea/pot"));
        assertThat(new ConflictKey("eu", 13, bytes("tea/pot")).encode()).isEqualTo(bytes("eu/13\0tea/pot"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"tea pot", "", "\0", "eu/3\0tea"})
    void shouldReadWhatItHasWritten(String key) {
        ConflictKey read = ConflictKey.decode(new ConflictKey("eu-1_b", 12, bytes(key)).encode());

        assertThat(read.reporter()).isEqualTo("eu-1_b");
        assertThat(read.partition()).isEqualTo(12);
        assertThat(read.key()).isEqualTo(bytes(key));
        assertThat(read.isFormer()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "tea pot",
                "eu/3/tea pot",
                "eu/3",
                "\0",
                "\0\0tea",
                "eu\0tea",
                "/3\0tea",
                "eu/x\0tea",
                "\u00fc/3\0tea"
            })
    void shouldTakeAnyOtherKeyForOneOfAnEarlierVersion(String key) {
        ConflictKey read = ConflictKey.decode(bytes(key));

        assertThat(read.isFormer()).isTrue();
        assertThat(read.key()).isEqualTo(bytes(key));
        assertThat(read.encode()).isEqualTo(bytes(key));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
