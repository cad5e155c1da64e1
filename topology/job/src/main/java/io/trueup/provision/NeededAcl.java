package io.trueup.provision;

import io.trueup.failure.AclWords;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.ResourcePattern;

/**
 * An operation on a resource that a principal needs to be allowed. Immutable.
 *
 * @param purpose what for
 * @param operation the operation
 * @param resource what it is needed on
 * @param namedBy the configuration key that names the resource, or what the resource is
 */
public record NeededAcl(AclPurpose purpose, AclOperation operation, ResourcePattern resource, String namedBy) {

    private static final String ANY_HOST = "*";

    /** The ACL that allows it to a principal, from any host. */
    public AclBinding binding(String principal) {
        return new AclBinding(
                resource, new AccessControlEntry(principal, ANY_HOST, operation, AclPermissionType.ALLOW));
    }

    /** Operation and resource, such as {@code Read on topic products.control}. */
    @Override
    public String toString() {
        return AclWords.operation(operation) + " on " + AclWords.resource(resource);
    }
}
