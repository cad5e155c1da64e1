package io.trueup.cli.topics;

import io.trueup.failure.AclWords;
import io.trueup.provision.AclPurpose;
import io.trueup.provision.NeededAcl;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.resource.ResourcePattern;

/**
 * ACLs that one command grants: the same operations on resources of one kind, for one purpose.
 *
 * @param purpose what for
 * @param operations the operations
 * @param resources what they are needed on
 */
record AclGroup(AclPurpose purpose, List<AclOperation> operations, List<ResourcePattern> resources) {

    /** Puts ACLs together. Purposes, operations and resources keep their order. */
    static List<AclGroup> of(List<NeededAcl> acls) {
        Map<AclPurpose, Map<ResourcePattern, List<AclOperation>>> byPurpose = new LinkedHashMap<>();
        for (NeededAcl acl : acls) {
            byPurpose
                    .computeIfAbsent(acl.purpose(), p -> new LinkedHashMap<>())
                    .computeIfAbsent(acl.resource(), r -> new ArrayList<>())
                    .add(acl.operation());
        }
        Map<List<Object>, AclGroup> groups = new LinkedHashMap<>();
        byPurpose.forEach((purpose, resources) -> resources.forEach((resource, operations) -> {
            List<Object> alike = List.of(purpose, operations, resource.resourceType(), resource.patternType());
            groups.computeIfAbsent(alike, a -> new AclGroup(purpose, operations, new ArrayList<>()))
                    .resources()
                    .add(resource);
        }));
        return List.copyOf(groups.values());
    }

    /** The operations as {@code kafka-acls.sh} names them. */
    List<String> operationNames() {
        return operations.stream().map(AclWords::operation).toList();
    }
}
