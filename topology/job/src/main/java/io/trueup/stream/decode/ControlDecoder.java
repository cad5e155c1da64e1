package io.trueup.stream.decode;

import io.trueup.avro.MalformedRecordException;
import io.trueup.control.ControlCodec;
import io.trueup.control.ControlKey;
import io.trueup.reconcile.exchange.Message;
import io.trueup.stream.record.Input;
import java.util.Arrays;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;

/**
 * Reads the control topics. A reconciler receives its own messages too: it skips them by their key. Of all others nothing is decoded
 * before they are verified.
 */
public final class ControlDecoder extends Decoder {

    private final String replica;
    private final ControlCodec codec;
    private final Authentication authentication;
    private byte[] ownKey;

    public ControlDecoder(String replica, ControlCodec codec, Authentication authentication, DeadLetters deadLetters) {
        super(deadLetters);
        this.replica = replica;
        this.codec = codec;
        this.authentication = authentication;
    }

    @Override
    Input decode(Record<byte[], byte[]> record, RecordMetadata from) throws MalformedRecordException {
        if (isOwn(record.key()) || !authentication.passes(record, from)) {
            return null;
        }
        ControlKey key = ControlKey.decode(record.key());
        Message message = codec.decode(from.topic(), record.value());
        if (!key.equals(new ControlKey(message.replica(), message.partition()))) {
            throw new MalformedRecordException("its key says " + key.replica() + "/" + key.partition() + ", its body "
                    + message.replica() + "/" + message.partition());
        }
        return new Input.PeerMessage(message, record);
    }

    private boolean isOwn(byte[] key) {
        if (ownKey == null) {
            ownKey = new ControlKey(replica, partition()).encode();
        }
        return Arrays.equals(key, ownKey);
    }
}
