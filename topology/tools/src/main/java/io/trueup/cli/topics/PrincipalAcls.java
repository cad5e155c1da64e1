package io.trueup.cli.topics;

import io.trueup.provision.NeededAcl;
import java.util.List;

/**
 * What one principal needs.
 *
 * @param role who that is, such as {@code the job}
 * @param principal such as {@code User:trueup}
 * @param acls the ACLs
 * @param notes what is not known here
 */
record PrincipalAcls(String role, String principal, List<NeededAcl> acls, List<String> notes) {

    List<AclGroup> groups() {
        return AclGroup.of(acls);
    }
}
