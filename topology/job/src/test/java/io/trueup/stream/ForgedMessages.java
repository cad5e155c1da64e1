package io.trueup.stream;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodecs;
import io.trueup.config.TrueupConfig;
import io.trueup.control.ControlCodec;
import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.schema.ControlMessage;
import io.trueup.sketch.Sketch;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.apache.kafka.streams.test.TestRecord;

/**
 * Messages in the name of a replica, about the cut of its last root, with sketches and chunks of segments that are arbitrary, absurdly
 * large, or of absurd numbers.
 */
final class ForgedMessages {

    private static final int MAX_SYMBOLS = 20_000;

    private final Random random;
    private final String topic;
    private final ControlCodec codec;
    private final int segments;
    private final byte[] noise = new byte[2 * MAX_SYMBOLS * Sketch.SYMBOL_BYTES];

    private byte[] key;
    private Message root;

    ForgedMessages(Random random, TrueupConfig config, int segments) {
        this.random = random;
        this.segments = segments;
        topic = config.controlTopic();
        codec = new ControlCodec(config.dataset(), RecordCodecs.embedded().of(ControlMessage.class));
        random.nextBytes(noise);
    }

    /**
     * Takes over from a message of the replica what it is about, if it is a root.
     *
     * @return whether it is one
     */
    boolean learn(TestRecord<byte[], byte[]> message) throws MalformedRecordException {
        Message decoded = codec.decode(topic, message.value());
        if (decoded.body() instanceof Message.Root) {
            root = decoded;
            key = message.key();
            return true;
        }
        return false;
    }

    boolean hasLearnt() {
        return root != null;
    }

    byte[] key() {
        return key;
    }

    byte[] next() {
        Message message = new Message(
                root.replica(), root.partition(), root.cutMs(), root.sealOffset(), root.fingerprint(), body());
        return codec.encode(topic, message);
    }

    private Message.Body body() {
        return switch (random.nextInt(10)) {
            case 0 -> segment();
            case 1 -> new Message.Entries(List.of(), hashes(random.nextInt(1_000)));
            default -> sketch();
        };
    }

    /** One chunk of many that never come. */
    private Message.Segment segment() {
        int[] chunks = {2, 1_000, 1 << 20, Integer.MAX_VALUE, 0, -1};
        Hash128 hash = hash();
        int index = (int) (hash.hi() >>> -Integer.numberOfTrailingZeros(segments));
        EntrySummary entry = new EntrySummary(hash, 1, 1, 1, Entry.NEVER, false, hash());
        return new Message.Segment(index, 1 + random.nextInt(1 << 10), pick(chunks), List.of(entry));
    }

    private List<Integer> covered() {
        return switch (random.nextInt(10)) {
            case 0 -> List.of(pick(-1, segments, Integer.MAX_VALUE, Integer.MIN_VALUE));
            case 1 -> List.of(5, 5);
            case 2, 3, 4 -> List.of();
            default -> {
                TreeSet<Integer> some = new TreeSet<>();
                int most = pick(4, 64);
                for (int i = 1 + random.nextInt(3); i > 0; i--) {
                    some.add(random.nextInt(Math.min(segments, most)));
                }
                yield new ArrayList<>(some);
            }
        };
    }

    /** Of what was held at the cut, the first symbols never come: the others wait for them. */
    private Message.Symbols sketch() {
        List<Integer> covered = covered();
        int least = covered.isEmpty() ? 1_000 : 0;
        int first = random.nextInt(8) == 0
                ? pick(-1, Integer.MIN_VALUE, Integer.MAX_VALUE, 1 << 16)
                : least + random.nextInt(2) * random.nextInt((1 << 16) - least);
        return new Message.Symbols(covered, first, symbols());
    }

    private byte[] symbols() {
        int bytes =
                Sketch.SYMBOL_BYTES * (random.nextInt(4) == 0 ? 1 + random.nextInt(20) : random.nextInt(MAX_SYMBOLS));
        int from = random.nextInt(noise.length / 2);
        return Arrays.copyOfRange(noise, from, from + bytes + (random.nextInt(20) == 0 ? 1 : 0));
    }

    private List<Hash128> hashes(int count) {
        List<Hash128> hashes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            hashes.add(hash());
        }
        return hashes;
    }

    private Hash128 hash() {
        return new Hash128(random.nextLong(), random.nextLong());
    }

    private int pick(int... numbers) {
        return numbers[random.nextInt(numbers.length)];
    }
}
