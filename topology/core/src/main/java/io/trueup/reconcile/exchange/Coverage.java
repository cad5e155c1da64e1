package io.trueup.reconcile.exchange;

import io.trueup.reconcile.settings.Settings;
import java.util.BitSet;
import java.util.Map;

/** How much of what differs one round has compared, and with which replicas. Reads what its {@link Exchange} keeps. */
public final class Coverage {

    private final Settings settings;
    private final int bits;
    private final Map<String, PeerTree> peers;
    private final BitSet resolved;

    /**
     * @param peers the peers whose root was heard, by name
     * @param resolved the segments that are resolved
     */
    Coverage(Settings settings, Map<String, PeerTree> peers, BitSet resolved) {
        this.settings = settings;
        this.bits = settings.shape().segmentBits();
        this.peers = peers;
        this.resolved = resolved;
    }

    /** Segments in which some peer differs, as far as is known. */
    public BitSet differing() {
        BitSet all = new BitSet();
        for (PeerTree peer : peers.values()) {
            all.or(peer.differing);
            all.or(peer.nothing);
        }
        return all;
    }

    /** Number of segments that differ for each one that was resolved with what a replica holds there; at least 1. */
    public double unresolvedFactor(String replica) {
        BitSet differ = new BitSet();
        peers.values().forEach(peer -> differ.or(peer.differing));
        return perResolved(differ, replica);
    }

    /** The same, if all hashes that were not heard in time differ; at least 1. */
    public double unheardFactor(String replica) {
        BitSet mayDiffer = new BitSet();
        peers.values().forEach(peer -> peer.addWhatMayDiffer(mayDiffer, bits));
        return perResolved(mayDiffer, replica);
    }

    private double perResolved(BitSet segments, String replica) {
        BitSet resolvedWith = replica.equals(settings.replica()) ? resolved : peers.get(replica).resolvedWith;
        return Math.max(1.0, (double) segments.cardinality() / Math.max(1, resolvedWith.cardinality()));
    }

    /** Segments in which a peer holds nothing, though this replica and all other peers that are compared hold the same. */
    public BitSet missingOnlyAt(String peer) {
        BitSet segments = (BitSet) peers.get(peer).nothing.clone();
        for (PeerTree other : peers.values()) {
            if (!other.name.equals(peer) && other.compared) {
                segments.andNot(other.differing);
                if (!other.awaited.isEmpty()) {
                    segments.clear();
                }
            }
        }
        segments.andNot(resolved);
        return segments;
    }

    /** Number of segments in which a peer holds nothing, and this replica something. */
    public int missingAt(String peer) {
        return peers.get(peer).nothing.cardinality();
    }

    /** Number of segments, at least, in which a peer holds something, and this replica nothing. */
    public int onlyAt(String peer) {
        return peers.get(peer).onlyThere;
    }

    /** Whether a peer holds nothing in a segment, and this replica something. */
    public boolean holdsNothing(String peer, int segment) {
        return peers.get(peer).nothing.get(segment);
    }
}
