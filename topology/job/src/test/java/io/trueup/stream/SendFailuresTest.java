package io.trueup.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.ProductionExceptionHandler.Response;
import org.apache.kafka.streams.errors.ProductionExceptionHandler.Result;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SendFailuresTest {

    private final ReplicaMetrics metrics = new ReplicaMetrics();
    private final SendFailures failures = new SendFailures();

    @BeforeEach
    void configure() {
        failures.configure(
                Map.of(SendFailures.METRICS, metrics, StreamsConfig.APPLICATION_ID_CONFIG, "trueup-cities-eu"));
    }

    /** The callback runs in the thread of the producer, which would wait for itself. */
    @Test
    void shouldSendNothingWhenABrokerRefusesARecordForItsSize() {
        Response response = handle("repairs.us", new RecordTooLargeException("2 MB"));

        assertThat(response.result()).isEqualTo(Result.RESUME);
        assertThat(response.deadLetterQueueRecords()).isEmpty();
        assertThat(metrics.lostRecords.sum()).isEqualTo(1);
    }

    @Test
    void shouldGoOnWhenABrokerIsAway() {
        assertThat(handle("control", new TimeoutException("120 s")).result()).isEqualTo(Result.RESUME);
        assertThat(metrics.lostRecords.sum()).isEqualTo(1);
    }

    @Test
    void shouldNeverLoseAChangelogRecord() {
        String changelog = "trueup-cities-eu-entries-changelog";

        assertThat(handle(changelog, new TimeoutException("120 s")).result()).isEqualTo(Result.RETRY);
        assertThat(handle(changelog, new RecordTooLargeException("2 MB")).result())
                .isEqualTo(Result.FAIL);
        assertThat(metrics.lostRecords.sum()).isZero();
    }

    /** The id of this application may be the beginning of the name of another topic. */
    @Test
    void shouldNotTakeOtherTopicsForItsChangelog() {
        for (String topic : List.of("trueup-cities-eu.control", "trueup-cities-eu--west-entries-changelog")) {
            assertThat(handle(topic, new TimeoutException("120 s")).result()).isEqualTo(Result.RESUME);
        }
        assertThat(metrics.lostRecords.sum()).isEqualTo(2);
    }

    @Test
    void shouldFailOnWhatItDoesNotKnow() {
        assertThat(handle("control", new InvalidTimestampException("?")).result())
                .isEqualTo(Result.FAIL);
    }

    private Response handle(String topic, Exception failure) {
        return failures.handleError(null, new ProducerRecord<>(topic, 2, 5L, new byte[] {1}, new byte[] {2}), failure);
    }
}
