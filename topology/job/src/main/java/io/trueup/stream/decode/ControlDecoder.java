package io.trueup.stream.decode;

import io.trueup.avro.MalformedRecordException;
import io.trueup.control.ControlCodec;
import io.trueup.control.ControlKey;
import io.trueup.reconcile.exchange.Message;
import io.trueup.stream.record.Input;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;

/** Reads the control topics. A reconciler receives its own messages too: it skips them by their key, without decoding them. */
public final class ControlDecoder extends Decoder {

    private final String replica;
    private final ControlCodec codec;

    public ControlDecoder(String replica, ControlCodec codec, DeadLetters deadLetters) {
        super(deadLetters);
        this.replica = replica;
        this.codec = codec;
    }

    @Override
    Input decode(Record<byte[], byte[]> record, RecordMetadata from) throws MalformedRecordException {
        ControlKey key = ControlKey.decode(record.key());
        if (key.replica().equals(replica)) {
            return null;
        }
        Message message = codec.decode(from.topic(), record.value());
        if (!key.equals(new ControlKey(message.replica(), message.partition()))) {
            throw new MalformedRecordException("its key says " + key.replica() + "/" + key.partition() + ", its body "
                    + message.replica() + "/" + message.partition());
        }
        return new Input.PeerMessage(message, record);
    }
}
