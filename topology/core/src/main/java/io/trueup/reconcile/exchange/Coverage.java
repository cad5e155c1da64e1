package io.trueup.reconcile.exchange;

import io.trueup.reconcile.settings.Settings;
import io.trueup.tree.Hash128;
import java.util.BitSet;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** How much of what differs one round has compared, and with which replicas. Reads what its {@link Exchange} keeps. */
public final class Coverage {

    private final Settings settings;
    private final int bits;
    private final Map<String, PeerTree> peers;
    private final BitSet resolved;
    private final Set<Long> resolvedKeys;

    /**
     * @param peers the peers whose root was heard, by name
     * @param resolved the segments that are resolved
     * @param resolvedKeys the single keys that are resolved
     */
    Coverage(Settings settings, Map<String, PeerTree> peers, BitSet resolved, Set<Long> resolvedKeys) {
        this.settings = settings;
        this.bits = settings.shape().segmentBits();
        this.peers = peers;
        this.resolved = resolved;
        this.resolvedKeys = resolvedKeys;
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

    /** Whether some peer differs in a key, as far as is known: in the key itself, or in its segment. */
    public boolean differs(Hash128 keyHash) {
        int segment = segment(keyHash.hi());
        return peers.values().stream().anyMatch(peer -> peer.differs(segment, keyHash.hi()));
    }

    private int segment(long key) {
        return bits == 0 ? 0 : (int) (key >>> -bits);
    }

    /**
     * Number of segments that differ for each one that was resolved with what a replica holds there; at least 1. Where single keys
     * are known that differ, each of them counts in place of its segment.
     */
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

    /**
     * Segments and keys that differ, for each that was resolved. Keys count by themselves where all are known that differ in a segment.
     * While hashes of some peer are awaited, more keys may differ there: then the segment counts, as resolved once all of its known keys
     * are.
     */
    private double perResolved(BitSet segments, String replica) {
        boolean own = replica.equals(settings.replica());
        BitSet whole = own ? resolved : peers.get(replica).resolvedWith;
        Set<Long> single = own ? resolvedKeys : peers.get(replica).resolvedWithKeys;
        BitSet known = inKnownKeys();
        known.and(segments);
        BitSet byKeys = (BitSet) known.clone();
        peers.values().stream().filter(peer -> !peer.awaited.isEmpty()).forEach(peer -> byKeys.and(peer.decoded));
        BitSet resolvedSegments = (BitSet) whole.clone();
        resolvedSegments.andNot(byKeys);
        long keys = 0;
        long resolvedOfThem = 0;
        for (int at = known.nextSetBit(0); at >= 0; at = known.nextSetBit(at + 1)) {
            Set<Long> inSegment = keys(at);
            long done = inSegment.stream().filter(single::contains).count();
            if (byKeys.get(at)) {
                keys += inSegment.size();
                resolvedOfThem += done;
            } else if (!inSegment.isEmpty() && done == inSegment.size()) {
                resolvedSegments.set(at);
            }
        }
        long differ = segments.cardinality() - byKeys.cardinality() + keys;
        return Math.max(1.0, (double) differ / Math.max(1, resolvedSegments.cardinality() + resolvedOfThem));
    }

    /** Segments of which each peer that is known to differ there differs in known keys. Costs nothing per segment if there are none. */
    private BitSet inKnownKeys() {
        BitSet known = new BitSet();
        peers.values().forEach(peer -> known.or(peer.decoded));
        if (!known.isEmpty()) {
            for (PeerTree peer : peers.values()) {
                BitSet unknown = (BitSet) peer.differing.clone();
                unknown.andNot(peer.decoded);
                known.andNot(unknown);
            }
        }
        return known;
    }

    /** The keys of a segment in which some peer is known to differ. */
    private Set<Long> keys(int segment) {
        Set<Long> keys = new HashSet<>();
        peers.values().forEach(peer -> keys.addAll(peer.keys(segment)));
        return keys;
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
