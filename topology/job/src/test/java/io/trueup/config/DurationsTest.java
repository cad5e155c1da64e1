package io.trueup.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationsTest {

    @ParameterizedTest
    @CsvSource({"500ms, 500", "60s, 60000", "5m, 300000", "2h, 7200000", "7d, 604800000", "0s, 0", "3 s, 3000"})
    void shouldReadEveryUnit(String text, long ms) {
        assertThat(Durations.parse(text)).hasMillis(ms);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "60",
                "s",
                "-1s",
                "+1s",
                "1.5s",
                "1S",
                "1 min",
                "PT1S",
                "1s ",
                "1234567890123s",
                "999999999999d",
                "1s2ms"
            })
    void shouldRefuseAnythingElse(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Durations.parse(text))
                .withMessageContaining("60s");
    }

    @ParameterizedTest
    @CsvSource({"0, 0ms", "1500, 1500ms", "90000, 90s", "60000, 1m", "86400000, 1d", "5400000, 90m"})
    void shouldWriteTheLargestWholeUnit(long ms, String text) {
        assertThat(Durations.format(Duration.ofMillis(ms))).isEqualTo(text);
    }

    @Property
    void shouldReadWhatItWrites(@ForAll @LongRange(min = 0, max = 315_360_000_000L) long ms) {
        assertThat(Durations.parse(Durations.format(Duration.ofMillis(ms)))).hasMillis(ms);
    }
}
