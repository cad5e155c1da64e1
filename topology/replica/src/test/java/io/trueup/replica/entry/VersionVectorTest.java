package io.trueup.replica.entry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VersionVectorTest {

    @Test
    void shouldHaveOneTextFormForEqualVectors() {
        VersionVector vector = VersionVector.parse("us=7, eu = 4,ap=0");

        assertThat(vector).hasToString("eu=4,us=7").isEqualTo(VersionVector.parse("eu=4,us=7"));
        assertThat(vector).isEqualTo(VersionVector.of(Map.of("eu", 4L, "us", 7L)));
        assertThat(vector.total()).isEqualTo(11);
        assertThat(VersionVector.parse("")).isEqualTo(VersionVector.EMPTY).hasToString("");
    }

    @ParameterizedTest(name = "[{0}] against [{1}]: covers {2}, dominates {3}")
    @CsvSource({
        "'',          '',          true,  false",
        "eu=1,        '',          true,  true",
        "'',          eu=1,        false, false",
        "eu=1,        eu=1,        true,  false",
        "eu=2,        eu=1,        true,  true",
        "'eu=1,us=1', eu=1,        true,  true",
        "eu=1,        us=1,        false, false",
        "'eu=2,us=1', 'eu=1,us=2', false, false",
    })
    void shouldCoverVectorsThatHaveSeenNoMore(String one, String other, boolean covers, boolean dominates) {
        VersionVector vector = VersionVector.parse(one);

        assertThat(vector.covers(VersionVector.parse(other))).isEqualTo(covers);
        assertThat(vector.dominates(VersionVector.parse(other))).isEqualTo(dominates);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "eu | not name=counter",
                "=1 | empty",
                "eu=x | counter of eu",
                "eu= | counter of eu",
                "eu=-1 | negative",
                "eu=1,eu=2 | twice",
                "eu=1, | not name=counter",
                "a=9223372036854775807,b=1 | more than a long",
            })
    void shouldReportWhatIsWrongWithAText(String text, String reason) {
        assertThatThrownBy(() -> VersionVector.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(reason);
    }

    @Test
    void shouldRefuseNamesThatCouldNotBeWritten() {
        assertThatThrownBy(() -> VersionVector.of(Map.of("a,b", 1L))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> VersionVector.of(Map.of("a=b", 1L))).isInstanceOf(IllegalArgumentException.class);
    }
}
