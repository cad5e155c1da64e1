package io.trueup.stream;

import io.trueup.failure.Failures;
import io.trueup.failure.RateLimitedLog;
import io.trueup.state.EntryStore;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.ErrorHandlerContext;
import org.apache.kafka.streams.errors.ProductionExceptionHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides what happens when a record cannot be sent. A changelog record must not be lost: the task starts again from its
 * last commit. Any other record may be lost, and is counted: a later round repeats it. Sizes are checked before a record is sent,
 * so a broker refuses a record for its size only if a topic was given a lower limit a moment ago. Nothing is sent from here: the
 * thread of the producer would wait for itself. Missing permissions and the like are never passed to this handler: they end the
 * thread. Made by Kafka Streams; thread-safe.
 */
public final class SendFailures implements ProductionExceptionHandler {

    /** Property under which the {@link ReplicaMetrics} of the replica are passed. */
    public static final String METRICS = "trueup.internal.metrics";

    private static final Logger LOG = LoggerFactory.getLogger(SendFailures.class);

    private final RateLimitedLog warnings = new RateLimitedLog(LOG);
    private ReplicaMetrics metrics;
    private String changelog;

    @Override
    public void configure(Map<String, ?> configs) {
        metrics = (ReplicaMetrics) configs.get(METRICS);
        changelog = EntryStore.changelog(String.valueOf(configs.get(StreamsConfig.APPLICATION_ID_CONFIG)));
    }

    @Override
    public Response handleError(ErrorHandlerContext context, ProducerRecord<byte[], byte[]> record, Exception failure) {
        if (record.topic().equals(changelog)) {
            return failure instanceof RetriableException ? Response.retry() : Response.fail();
        }
        if (!(failure instanceof RecordTooLargeException) && !(failure instanceof RetriableException)) {
            return Response.fail();
        }
        metrics.lostRecords.increment();
        warnings.warn("a record for topic " + record.topic() + ", partition " + record.partition()
                + ", was not sent; a later round repeats it: " + Failures.reason(failure));
        return Response.resume();
    }
}
