package io.trueup.datastore;

import static io.trueup.datastore.LibraryFixture.key;
import static io.trueup.datastore.LibraryFixture.value;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.source.Observation;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Write events, progress events and scans, as the job reads them from a real broker. */
class WriteEventProducerIT {

    private final LibraryFixture fixture = new LibraryFixture();

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void shouldReturnTheOffsetOnceAnEventIsDelivered() {
        assertThat(fixture.events.write(key(1, "a"), value(1, "one")).join()).isZero();
        assertThat(fixture.events.write(key(1, "a"), Entry.deleted(2, 2_000)).join())
                .isOne();
        assertThat(fixture.events.progress(1, 3_000).join()).isEqualTo(2);

        assertThat(fixture.written()).containsExactly("a=one@1", "a deleted@2");
        assertThat(fixture.observed()).endsWith(new Observation.Progress(3_000));
    }

    @Test
    void shouldSendEveryStoredRowBetweenTheMarkersOfAScan() throws Exception {
        fixture.rows.stored.put(key(0, "live"), value(1, "one"));
        fixture.rows.stored.put(key(0, "deleted"), Entry.deleted(2, 2_000));
        fixture.rows.stored.put(key(1, "elsewhere"), value(3, "three"));
        var unused = fixture.events.write(key(0, "before"), value(1, "one")).join();

        assertThat(fixture.events.scan(0, fixture.rows)).isEqualTo(2);

        List<Observation> observed = fixture.observed();
        assertThat(observed).hasSize(5);
        String scan = ((Observation.ScanStarted) observed.get(1)).scan();
        assertThat(observed.subList(2, 4))
                .allSatisfy(row -> assertThat(row)
                        .isInstanceOfSatisfying(
                                Observation.Scanned.class,
                                scanned -> assertThat(scanned.since()).isEqualTo(1)))
                .extracting(
                        row -> new String(((Observation.Scanned) row).write().key(), UTF_8))
                .containsExactlyInAnyOrder("live", "deleted");
        assertThat(observed).endsWith(new Observation.ScanEnded(scan, 1, 2));
    }

    @Test
    void shouldSendNoEndOfAScanThatFails() {
        fixture.rows.disturbance = (method, key) -> {
            throw new IllegalStateException("cannot be read");
        };

        assertThatThrownBy(() -> fixture.events.scan(0, fixture.rows)).hasMessage("cannot be read");

        fixture.rows.disturbance = (method, key) -> {};
        fixture.rows.stored.put(key(0, "large"), Entry.of(9, 9, new byte[1024 * 1024]));
        assertThatThrownBy(() -> fixture.events.scan(0, fixture.rows))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("max.request.size");
        assertThat(fixture.observed()).hasSize(2).allMatch(Observation.ScanStarted.class::isInstance);
    }
}
