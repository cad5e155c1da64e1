package io.trueup.stream.decode;

import io.trueup.avro.MalformedRecordException;
import io.trueup.stream.record.Input;
import io.trueup.stream.record.Nodes;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;

/** Decodes the records of one source to {@link Input}. Malformed records become dead letters. */
abstract class Decoder implements Processor<byte[], byte[], byte[], Object> {

    private final DeadLetters deadLetters;
    private ProcessorContext<byte[], Object> processorContext;

    Decoder(DeadLetters deadLetters) {
        this.deadLetters = deadLetters;
    }

    @Override
    public final void init(ProcessorContext<byte[], Object> processorContext) {
        this.processorContext = processorContext;
    }

    @Override
    public final void process(Record<byte[], byte[]> record) {
        RecordMetadata from = processorContext.recordMetadata().orElseThrow();
        try {
            Input input = decode(record, from);
            if (input != null) {
                forward(record, input);
            }
        } catch (MalformedRecordException e) {
            skip(record, from, e);
        }
    }

    private void skip(Record<byte[], byte[]> record, RecordMetadata from, MalformedRecordException reason) {
        processorContext.forward(
                deadLetters.letter(record, from, reason.getMessage(), nowMs()), Nodes.DEAD_LETTER_SINK);
        Input replacement = skipped(record, from, reason);
        if (replacement != null) {
            forward(record, replacement);
        }
    }

    /** What is stored for a record has the present time as timestamp, not the record's: that may be one that the broker refuses. */
    private void forward(Record<byte[], byte[]> record, Input input) {
        processorContext.forward(record.withValue(input).withTimestamp(nowMs()), Nodes.RECONCILE);
    }

    final long nowMs() {
        return processorContext.currentSystemTimeMs();
    }

    final int partition() {
        return processorContext.taskId().partition();
    }

    /** Decodes a record. Returns null if the reconciler does not need it. */
    abstract Input decode(Record<byte[], byte[]> record, RecordMetadata from) throws MalformedRecordException;

    /** Returns the input that replaces a malformed record, or null. */
    Input skipped(Record<byte[], byte[]> record, RecordMetadata from, MalformedRecordException reason) {
        return null;
    }
}
