package io.trueup.demo.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.replica.Intake;
import io.trueup.replica.entry.FeedRecord;
import io.trueup.replica.entry.StoredEntry;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;

class FaultInjectorTest {

    private final FaultInjector injector = new FaultInjector(Clock.fixed(Instant.ofEpochMilli(5), ZoneOffset.UTC));

    @Test
    void shouldDropArmedWritesOfTheVictimOnly() {
        Fault fault = new Fault(FaultKind.STALE, "a", "eu");
        injector.arm(List.of(fault), bytes("new"));

        assertThat(injector.intake("us").onFeed(record("a", "new"))).isEqualTo(Intake.Decision.APPLY);
        assertThat(injector.happened()).isEmpty();
        assertThat(injector.intake("eu").onFeed(record("a", "new"))).isEqualTo(Intake.Decision.DROP);
        assertThat(injector.happened()).singleElement().satisfies(injection -> {
            assertThat(injection.fault()).isEqualTo(fault);
            assertThat(injection.expected()).isEqualTo(bytes("new"));
            assertThat(injection.atMs()).isEqualTo(5);
        });
    }

    @Test
    void shouldLeaveOtherWritesOfTheKeyAlone() {
        injector.arm(List.of(new Fault(FaultKind.UNDELETED, "a", "eu")), null);

        assertThat(injector.intake("eu").onFeed(record("a", "old"))).isEqualTo(Intake.Decision.APPLY);
        assertThat(injector.intake("eu").onFeed(record("b", null))).isEqualTo(Intake.Decision.APPLY);
        assertThat(injector.intake("eu").onFeed(record("a", null))).isEqualTo(Intake.Decision.DROP);
    }

    @Test
    void shouldDecideTheSameAndRecordOnceWhenAWriteIsReadAgain() {
        injector.arm(List.of(new Fault(FaultKind.LOST, "a", "eu")), bytes("new"));

        injector.intake("eu").onFeed(record("a", "new"));

        assertThat(injector.intake("eu").onFeed(record("a", "new"))).isEqualTo(Intake.Decision.DROP);
        assertThat(injector.happened()).hasSize(1);
    }

    @Test
    void shouldStoreAnotherValueOfTheSameLengthForACorruptFault() {
        injector.arm(List.of(new Fault(FaultKind.CORRUPT, "a", "eu")), bytes("value"));

        Intake.Decision decision = injector.intake("eu").onFeed(record("a", "value"));

        assertThat(decision)
                .isInstanceOfSatisfying(
                        Intake.Replace.class,
                        replace -> assertThat(replace.value()).hasSize(5).isNotEqualTo(bytes("value")));
    }

    private static FeedRecord record(String key, String value) {
        return new FeedRecord("feed", 0, 0, bytes(key), value == null ? null : bytes(value), 1, 1, StoredEntry.NEVER);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
