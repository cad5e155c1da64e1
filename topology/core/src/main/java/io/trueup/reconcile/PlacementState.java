package io.trueup.reconcile;

import io.trueup.reconcile.exchange.LagPolicy;
import io.trueup.reconcile.exchange.SegmentRotation;
import io.trueup.reconcile.exchange.TreePeers;
import io.trueup.reconcile.rule.HotKeys;
import io.trueup.reconcile.rule.Resolver;
import io.trueup.reconcile.settings.Placement;
import io.trueup.reconcile.settings.Settings;
import java.util.List;

/**
 * What lives as long as the owners of the partition stay the same. All of it is lost at a restart.
 *
 * @param owners the replicas that own the partition, in order of name
 * @param fingerprint hash of the settings that all of them must share
 * @param resolver decides which entry wins among them
 * @param hotKeys what was seen of keys that are written in every round
 * @param lagPolicy since when replicas lag as a whole
 * @param rotation the segments at which the next round continues
 * @param treePeers the peers with which no sketches are exchanged
 */
record PlacementState(
        List<String> owners,
        long fingerprint,
        Resolver resolver,
        HotKeys hotKeys,
        LagPolicy lagPolicy,
        SegmentRotation rotation,
        TreePeers treePeers) {

    static PlacementState of(PartitionContext context, Placement placement) {
        Settings settings = context.settings();
        List<String> owners = placement.owners(context.partition());
        Resolver resolver = new Resolver(settings, owners);
        return new PlacementState(
                owners,
                settings.with(placement).fingerprint(context.hash(), context.partition()),
                resolver,
                new HotKeys(settings, resolver),
                new LagPolicy(settings),
                new SegmentRotation(settings.shape().segmentBits()),
                new TreePeers());
    }

    /** Before the first placement: only the owners may be read. */
    static PlacementState none() {
        return new PlacementState(List.of(), 0, null, null, null, null, null);
    }
}
