package io.trueup.audit;

import io.trueup.audit.table.HashRange;
import io.trueup.avro.RecordCodecs;
import io.trueup.topic.OffsetRange;
import io.trueup.topic.RecordSource;
import io.trueup.tree.Hash128;
import io.trueup.tree.KeyedHash;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.function.Predicate;

/**
 * Reads one partition of all replicas from the beginning, as often as needed. A reading is given up once what is gathered from
 * it does not fit into memory. Used by one thread.
 */
final class PartitionReading {

    /** Records between two checks of the memory taken. */
    static final int CHECK_EVERY = 4096;

    private final List<ReplicaSource> sources;
    private final RecordSource records;
    private final RecordCodecs codecs;
    private final KeyedHash hash;
    private final RecordBound bound;
    private final LongConsumer expecting;
    private final Caveats caveats;

    /** @param expecting receives how many more or, if negative, fewer offsets will be read */
    PartitionReading(
            List<ReplicaSource> sources,
            RecordSource records,
            RecordCodecs codecs,
            KeyedHash hash,
            RecordBound bound,
            LongConsumer expecting,
            Caveats caveats) {
        this.sources = sources;
        this.records = records;
        this.codecs = codecs;
        this.hash = hash;
        this.bound = bound;
        this.expecting = expecting;
        this.caveats = caveats;
    }

    /** Whether what was gathered so far fits into memory. */
    @FunctionalInterface
    interface MemoryCheck {
        boolean fits();
    }

    /** Announces further readings of all sources. */
    void expect(int readings) {
        expecting.accept(
                readings * sources.stream().mapToLong(ReplicaSource::length).sum());
    }

    /** For the replica of a number, a replayer that passes keys of a hash range, if they are wanted, to a state. */
    PartitionReplayer replayer(
            int replica,
            HashRange hashes,
            Predicate<Hash128> wanted,
            PartitionReplayer.ScanCheck scanCheck,
            PartitionReplayer.ReplicaState state) {
        ReplicaSource source = sources.get(replica);
        return new PartitionReplayer(
                source.offsets(),
                source.gapCause(),
                source.replica(),
                codecs,
                hash,
                bound,
                hashes,
                wanted,
                scanCheck,
                state);
    }

    /**
     * Reads all sources, one replayer each; returns false if what was gathered does not fit into memory.
     *
     * @throws EndNotReachedException if one of them could not be read to its end; the reasons are among the caveats
     */
    boolean read(List<PartitionReplayer> replayers, MemoryCheck memory) {
        int[] countdown = {CHECK_EVERY};
        try {
            Map<Integer, Long> unfinished = records.read(
                    replayers.stream().map(PartitionReplayer::offsets).toList(), (i, record) -> {
                        replayers.get(i).accept(record);
                        if (--countdown[0] == 0) {
                            countdown[0] = CHECK_EVERY;
                            if (!memory.fits()) {
                                throw new DoesNotFitException();
                            }
                        }
                    });
            if (!unfinished.isEmpty()) {
                unfinished.forEach((i, position) -> doubtEnd(replayers.get(i).offsets(), position));
                throw new EndNotReachedException();
            }
        } catch (DoesNotFitException e) {
            expecting.accept(
                    -replayers.stream().mapToLong(PartitionReplayer::left).sum());
            return false;
        }
        return memory.fits();
    }

    /** A source was not read to its end: compared with it, the others would hold keys that it seems to lack. */
    static final class EndNotReachedException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        EndNotReachedException() {
            super("a source was not read to its end", null, false, false);
        }
    }

    private static final class DoesNotFitException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        DoesNotFitException() {
            super("does not fit into memory", null, false, false);
        }
    }

    private void doubtEnd(OffsetRange offsets, long position) {
        caveats.doubt("Nothing of " + offsets.partition() + " could be read from offset " + position + " on, up to "
                + offsets.end()
                + ": an open transaction blocks it, or the brokers do not answer. Audit again when the transaction"
                + " has ended (kafka-transactions.sh find-hanging finds one that never will), or wait longer with"
                + " --patience.");
    }
}
