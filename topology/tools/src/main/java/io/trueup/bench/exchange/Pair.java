package io.trueup.bench.exchange;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.trueup.avro.SingleObjectCodec;
import io.trueup.bench.exchange.ExchangeResult.Round;
import io.trueup.control.ControlCodec;
import io.trueup.control.ControlKey;
import io.trueup.mac.RecordMac;
import io.trueup.reconcile.EndOfInput;
import io.trueup.reconcile.Outbox;
import io.trueup.reconcile.Reconciler;
import io.trueup.reconcile.Repair;
import io.trueup.reconcile.RoundSummary;
import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.exchange.RoundMemory;
import io.trueup.reconcile.flood.FloodTotals;
import io.trueup.reconcile.flood.ReportedTotals;
import io.trueup.reconcile.rule.Conflict;
import io.trueup.reconcile.settings.Settings;
import io.trueup.schema.ControlMessage;
import io.trueup.tree.Entry;
import io.trueup.tree.EntryTree;
import io.trueup.tree.Write;
import java.util.ArrayList;
import java.util.List;

/**
 * Two replicas with the real reconcilers and the real encoding of control messages, without brokers, in simulated time. Not
 * thread-safe.
 */
final class Pair {

    private static final List<String> REPLICAS = List.of("eu", "us");
    private static final byte[] SECRET = "0123456789abcdef".getBytes(UTF_8);
    private static final String TOPIC = "control";
    private static final long INTERVAL_MS = 60_000;
    private static final long GRACE_MS = 10_000;
    /** Name, length and content of the header with the MAC, as a broker stores them. */
    private static final int HEADER_BYTES = 2 + RecordMac.HEADER_BYTES;

    private final ControlCodec codec = new ControlCodec("bench", SingleObjectCodec.of(ControlMessage.class));
    private final int keys;
    private final List<Node> nodes = new ArrayList<>();
    private final int partitions;
    private List<Message> sent = new ArrayList<>();
    private long nowMs = 1_000_000 * INTERVAL_MS + 20_000;
    /** Added in earlier rounds, and deleted since. */
    private int addedBefore;

    private long version = 1;
    private long rootBytes;
    private long bytes;
    private long messages;
    private long entries;
    private int repairs;
    private int hop;
    private int hops;

    /** Two replicas that hold the same keys, and have compared them once. */
    Pair(ExchangeLoad load, boolean sketches) {
        this.keys = load.keys();
        this.partitions = load.partitions();
        Settings settings = new Settings.Builder("bench", "eu", REPLICAS, SECRET)
                .segmentBits(Integer.numberOfTrailingZeros(load.segments()))
                .symbols(sketches ? Settings.KEPT_SYMBOLS : 0)
                .intervalMs(INTERVAL_MS)
                .graceMs(GRACE_MS)
                .patienceMs(100_000)
                .floodFraction(1)
                .maxSegmentsPerRound(load.segments())
                .maxEntriesPerRound(load.entriesPerRound())
                .build();
        FloodTotals totals = new ReportedTotals(settings, partitions);
        for (String replica : REPLICAS) {
            for (int partition = 0; partition < partitions; partition++) {
                nodes.add(new Node(settings.of(replica), partition, totals));
            }
        }
        update(0, keys, 1);
        update("us", 0, keys, 1);
        round(0);
    }

    /** Writes a new version of some keys to the first replica. */
    void update(int first, int count, long version) {
        update("eu", first, count, version);
    }

    private void update(String replica, int first, int count, long version) {
        for (int key = first; key < first + count; key++) {
            write(replica, key, version);
        }
    }

    /** A round has passed in which the second replica has received the same. */
    void catchUp(int first, int count, long version) {
        update("us", first, count, version);
        round(0);
    }

    /** Lets keys differ, and repairs them after the round that finds them. */
    Round diverge(int differences) {
        addedBefore += differences;
        version += 2;
        for (int i = 0; i < differences; i++) {
            int key = key(i);
            if (i % 2 == 0) {
                write("eu", key, version);
            } else {
                write("eu", added(i), 1);
            }
        }
        Round round = round(differences);
        for (int i = 0; i < differences; i++) {
            int key = key(i);
            if (i % 2 == 0) {
                write("us", key, version);
            } else {
                write("us", added(i), 1);
            }
        }
        round(0);
        for (int i = 0; i < differences; i++) {
            int key = key(i);
            for (String replica : REPLICAS) {
                if (i % 2 == 0) {
                    write(replica, key, version + 1);
                } else {
                    delete(replica, added(i));
                }
            }
        }
        round(0);
        return round;
    }

    /** Spreads keys over all partitions: the factor is a prime. */
    private int key(int i) {
        return (int) (i * 611_953L % keys);
    }

    private int added(int i) {
        return keys + addedBefore + i / 2;
    }

    private void write(String replica, int key, long version) {
        node(replica, key).write(key, version, ("value" + version).getBytes(UTF_8), nowMs);
    }

    private void delete(String replica, int key) {
        node(replica, key).write(key, 2, null, nowMs);
    }

    private Node node(String replica, int key) {
        return nodes.get(REPLICAS.indexOf(replica) * partitions + key % partitions);
    }

    private Round round(int differences) {
        rootBytes = 0;
        bytes = 0;
        messages = 0;
        entries = 0;
        repairs = 0;
        hops = 0;
        long dueMs = (nowMs / INTERVAL_MS + 1) * INTERVAL_MS;
        nowMs = dueMs;
        nodes.forEach(node -> node.reconciler.progress(dueMs, dueMs));
        nodes.forEach(node -> node.reconciler.tick(dueMs));
        hop = 0;
        nodes.forEach(Node::seal);
        while (!sent.isEmpty()) {
            List<Message> arriving = sent;
            sent = new ArrayList<>();
            hop++;
            arriving.forEach(message -> nodes.stream()
                    .filter(node -> node.partition == message.partition())
                    .forEach(node -> node.reconciler.message(dueMs, message)));
        }
        nowMs = dueMs + 46_000;
        nodes.forEach(node -> node.reconciler.tick(nowMs));
        nowMs = dueMs + 48_000;
        return new Round(differences, repairs, rootBytes, bytes, messages, hops, entries);
    }

    private final class Node implements Outbox, EndOfInput {
        private final int partition;
        private final Reconciler reconciler;
        private long offset;
        private long awaited;

        Node(Settings settings, int partition, FloodTotals totals) {
            this.partition = partition;
            reconciler = new Reconciler(
                    settings, partition, new MemoryTable(), this, this, totals, RoundMemory.unlimited(), nowMs);
            reconciler.open(nowMs, EntryTree.SLICES);
        }

        void write(int key, long version, byte[] value, long positionMs) {
            reconciler.write(new Write(
                    ("key" + key).getBytes(UTF_8),
                    version,
                    positionMs,
                    value == null,
                    value,
                    null,
                    Entry.NEVER,
                    null,
                    offset++,
                    positionMs));
        }

        void seal() {
            reconciler.sealed(nowMs, awaited, offset);
        }

        @Override
        public int publish(Message message) {
            sent.add(message);
            int size = codec.encode(TOPIC, message).length
                    + new ControlKey(message.replica(), partition).encode().length
                    + HEADER_BYTES;
            if (message.body() instanceof Message.Root) {
                rootBytes += size;
            } else {
                bytes += size;
                messages++;
            }
            if (message.body() instanceof Message.Segment segment) {
                entries += segment.entries().size();
            } else if (message.body() instanceof Message.Entries single) {
                entries += single.entries().size();
            }
            return size;
        }

        @Override
        public void refused(Message message, String reason) {
            throw new IllegalStateException(reason);
        }

        @Override
        public void repair(Repair repair) {
            repairs++;
            hops = hop;
        }

        @Override
        public void conflict(Conflict conflict) {
            throw new IllegalStateException("a conflict: " + conflict);
        }

        @Override
        public void filling(String target, long lacking, long held, boolean waits) {
            throw new IllegalStateException(target + " is filled");
        }

        @Override
        public void scanCompleted(String scan, long dropped) {
            throw new IllegalStateException("no scan was started");
        }

        @Override
        public void report(RoundSummary summary) {}

        @Override
        public void awaitEnd(long round) {
            awaited = round;
        }

        @Override
        public void awaitEndForProbes(long ticket) {
            throw new IllegalStateException("no probe was sent");
        }
    }
}
