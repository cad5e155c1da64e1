package io.trueup.config.window;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.reconcile.settings.RepairWindows;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MaintenanceWindowsTest {

    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

    private static Duration hours(String text) {
        return text.endsWith("h") ? Duration.ofHours(Long.parseLong(text.substring(0, text.length() - 1))) : null;
    }

    private static Optional<RepairWindows.Window> at(String text, ZoneId zone, String target, String time) {
        return MaintenanceWindows.parse(text, zone, MaintenanceWindowsTest::hours)
                .windows(perSecond -> perSecond * 60)
                .at(target, Instant.parse(time).toEpochMilli());
    }

    /** Sundays at 2 in Berlin for 3 hours: in winter from 1 to 4, in summer from 0 to 3 by UTC. */
    @ParameterizedTest
    @CsvSource({
        "2027-01-10T00:59:59.999Z, ",
        "2027-01-10T01:00:00Z, 2027-01-10T04:00:00Z",
        "2027-01-10T03:59:59.999Z, 2027-01-10T04:00:00Z",
        "2027-01-10T04:00:00Z, ",
        "2027-01-11T02:00:00Z, ",
        "2027-07-11T00:00:00Z, 2027-07-11T03:00:00Z",
        "2027-07-11T03:30:00Z, ",
    })
    void shouldLastFromWhatTheExpressionSaysForAsLongAsIsSaid(String time, String until) {
        assertThat(at("0 2 * * SUN for 3h", BERLIN, "us", time)
                        .map(window -> Instant.ofEpochMilli(window.untilMs()).toString()))
                .isEqualTo(Optional.ofNullable(until));
    }

    @Test
    void shouldConcernTheReplicasThatAreNamed() {
        String text = "0 0 * * * for 2h replicas eu,us; 0 6 * * * for 1h";

        assertThat(at(text, ZoneId.of("UTC"), "us", "2027-01-10T00:30:00Z")).isPresent();
        assertThat(at(text, ZoneId.of("UTC"), "ap", "2027-01-10T00:30:00Z")).isEmpty();
        assertThat(at(text, ZoneId.of("UTC"), "ap", "2027-01-10T06:30:00Z")).isPresent();
        assertThat(MaintenanceWindows.parse(text, BERLIN, MaintenanceWindowsTest::hours)
                        .replicas())
                .containsExactly("eu", "us");
    }

    @Test
    void shouldLetTheSlowestOfSeveralCount() {
        String text = "0 0 * * * for 6h rate 10; 0 1 * * * for 1h rate 2; 0 3 * * * for 1h";

        assertThat(at(text, BERLIN, "us", "2027-01-09T23:30:00Z").orElseThrow())
                .isEqualTo(new RepairWindows.Window(
                        Instant.parse("2027-01-10T05:00:00Z").toEpochMilli(), 10, 600));
        assertThat(at(text, BERLIN, "us", "2027-01-10T00:30:00Z").orElseThrow().perSecond())
                .isEqualTo(2);
        assertThat(at(text, BERLIN, "us", "2027-01-10T02:30:00Z").orElseThrow().rests())
                .isTrue();
    }

    @Test
    void shouldHaveNoneWhereNothingIsSet() {
        assertThat(at("", BERLIN, "us", "2027-01-10T02:30:00Z")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            0 2 * * for 3h         | is no window; write <minute>
            0 25 * * * for 3h      | is no cron expression of five fields
            0 2 * * * for 3 hours  | is no window; write <minute>
            0 2 * * * for long     | "long" is no duration
            0 2 * * * for 0h       | "0h" is no duration
            0 2 * * * for 3h fast  | is no window; write <minute>
            """)
    void shouldSayWhatIsWrong(String text, String problem) {
        assertThatThrownBy(() -> MaintenanceWindows.parse(text, BERLIN, MaintenanceWindowsTest::hours))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(problem);
    }

    @Test
    void shouldSayThatThereIsNoSuchZone() {
        assertThatThrownBy(() -> MaintenanceWindows.zone("Europe/Atlantis")).hasMessageContaining("Europe/Berlin");
    }
}
