package io.trueup.stream;

import io.trueup.avro.MalformedRecordException;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;

/** Turns the records of one source into {@link Input}; those that it cannot understand become dead letters. */
abstract class Decoder implements Processor<byte[], byte[], byte[], Object> {

    private final DeadLetters deadLetters;
    private ProcessorContext<byte[], Object> context;

    Decoder(DeadLetters deadLetters) {
        this.deadLetters = deadLetters;
    }

    @Override
    public final void init(ProcessorContext<byte[], Object> context) {
        this.context = context;
    }

    @Override
    public final void process(Record<byte[], byte[]> record) {
        RecordMetadata from = context.recordMetadata().orElseThrow();
        try {
            Input input = decode(record, from);
            if (input != null) {
                context.forward(record.withValue(input), Nodes.RECONCILE);
            }
        } catch (MalformedRecordException e) {
            skip(record, from, e.getMessage());
        }
    }

    private void skip(Record<byte[], byte[]> record, RecordMetadata from, String reason) {
        context.forward(deadLetters.letter(record, record.value(), from, reason, nowMs()), Nodes.DEAD_LETTER_SINK);
        Input instead = skipped(from);
        if (instead != null) {
            context.forward(record.withValue(instead), Nodes.RECONCILE);
        }
    }

    final long nowMs() {
        return context.currentSystemTimeMs();
    }

    /** What a record says, or null if it is of no interest. */
    abstract Input decode(Record<byte[], byte[]> record, RecordMetadata from) throws MalformedRecordException;

    /** What the reconciler is told in place of a malformed record, or null. */
    Input skipped(RecordMetadata from) {
        return null;
    }
}
