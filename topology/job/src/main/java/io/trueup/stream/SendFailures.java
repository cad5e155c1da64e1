package io.trueup.stream;

import io.trueup.failure.Failures;
import io.trueup.failure.RateLimitedLog;
import io.trueup.schema.HeaderNames;
import io.trueup.stream.decode.DeadLetters;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.ErrorHandlerContext;
import org.apache.kafka.streams.errors.ProductionExceptionHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides what happens when a record cannot be sent. A changelog record must not be lost: the task starts again from its
 * last commit. Any other record may be lost: a later round repeats it. A record that the broker refuses for its size is
 * counted and leaves a dead letter without its value; a record that it did not take in time is counted. Missing permissions
 * and the like are never passed to this handler: they end the thread. Made by Kafka Streams; thread-safe.
 */
public final class SendFailures implements ProductionExceptionHandler {

    /** Property under which the {@link ReplicaMetrics} of the replica are passed. */
    public static final String METRICS = "trueup.internal.metrics";

    private static final Logger LOG = LoggerFactory.getLogger(SendFailures.class);

    private final RateLimitedLog warnings = new RateLimitedLog(LOG);
    private ReplicaMetrics metrics;
    private String applicationId;
    private String deadLetterTopic;

    @Override
    public void configure(Map<String, ?> configs) {
        metrics = (ReplicaMetrics) configs.get(METRICS);
        applicationId = String.valueOf(configs.get(StreamsConfig.APPLICATION_ID_CONFIG));
        deadLetterTopic = (String) configs.get(StreamsConfig.ERRORS_DEAD_LETTER_QUEUE_TOPIC_NAME_CONFIG);
    }

    @Override
    public Response handleError(ErrorHandlerContext context, ProducerRecord<byte[], byte[]> record, Exception failure) {
        if (record.topic().startsWith(applicationId)) {
            return failure instanceof RetriableException ? Response.retry() : Response.fail();
        }
        boolean tooLarge = failure instanceof RecordTooLargeException;
        if (!tooLarge && !(failure instanceof RetriableException)) {
            return Response.fail();
        }
        metrics.lostRecords.increment();
        warnings.warn("a record for topic " + record.topic() + ", partition " + record.partition()
                + ", was not sent; a later round repeats it: " + Failures.reason(failure));
        return tooLarge && !record.topic().equals(deadLetterTopic)
                ? Response.resume(List.of(deadLetter(record, failure)))
                : Response.resume();
    }

    private ProducerRecord<byte[], byte[]> deadLetter(ProducerRecord<byte[], byte[]> record, Exception failure) {
        Headers headers = new RecordHeaders(record.headers());
        DeadLetters.add(headers, HeaderNames.DEAD_LETTER_REASON, "not sent: " + Failures.reason(failure));
        DeadLetters.add(headers, HeaderNames.DEAD_LETTER_TOPIC, record.topic());
        DeadLetters.add(headers, HeaderNames.DEAD_LETTER_PARTITION, String.valueOf(record.partition()));
        return new ProducerRecord<>(deadLetterTopic, null, record.timestamp(), record.key(), null, headers);
    }
}
