package io.trueup.bench.ingest;

import io.trueup.bench.Distribution;
import io.trueup.bench.Guarantee;
import io.trueup.bench.Machine;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What was measured.
 *
 * @param keysWritten keys that have at least one record
 * @param tables one for each guarantee
 */
public record IngestResult(Machine machine, IngestLoad load, long keysWritten, List<Table> tables) {

    public IngestResult {
        tables = List.copyOf(tables);
    }

    /** How many records of a topic have the same key, on average. */
    public double recordsPerKey() {
        return (double) load.records() / keysWritten;
    }

    /**
     * The runs under one guarantee. The peers take turns: runs of the same number are next to each other.
     *
     * @param runs the runs of each peer in order
     */
    public record Table(Guarantee guarantee, Map<Peer, List<IngestRun>> runs) {

        public Table {
            Map<Peer, List<IngestRun>> copy = new EnumMap<>(Peer.class);
            runs.forEach((peer, ofPeer) -> copy.put(peer, List.copyOf(ofPeer)));
            runs = copy;
        }

        /** Records per second until the last one was committed. */
        public Distribution rates(Peer peer) {
            return Distribution.of(runs.get(peer).stream().map(IngestRun::rate).toList());
        }

        /** Records per second until the last one was processed. */
        public Distribution processedRates(Peer peer) {
            return Distribution.of(
                    runs.get(peer).stream().map(IngestRun::processedRate).toList());
        }

        /** The median of the ratios of the rates of runs that are next to each other. */
        public double ratio(Peer peer, Peer reference) {
            List<Double> ratios = new ArrayList<>();
            for (int run = 0; run < runs.get(peer).size(); run++) {
                ratios.add(runs.get(peer).get(run).rate()
                        / runs.get(reference).get(run).rate());
            }
            return Distribution.of(ratios).median();
        }
    }
}
