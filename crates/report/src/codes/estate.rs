//! Codes about the estate, playbooks and the race.

/// Code and explanation, by code.
pub(super) const ESTATE: &[(&str, &str)] = &[
    (
        "estate.no-skill",
        "The crews of a site have skills, and an asset there does not say which of them brings it back. Add \
         `crew` to the asset, or give the site a plain number of crews that can do everything.",
    ),
    (
        "estate.unknown-crew",
        "An asset names a crew that its site does not have. Name one of the skills in `crews` of the site.",
    ),
    (
        "estate.backup-above-rpo",
        "An asset that a service needs is backed up more rarely than the RPO agreed for the service allows: \
         most losses would miss it. Make backups more often, or agree on a longer RPO.",
    ),
    (
        "estate.backup-circle",
        "The backups of an asset lie on one that cannot start before this asset is back, so that after the \
         loss of both nobody can read them back. Keep a copy elsewhere, or practise bringing it by hand. \
         Schedules go on as if it were brought.",
    ),
    (
        "estate.backup-on-itself",
        "An asset keeps its backups itself, so that whatever takes the data takes the copies too. Name the \
         asset that holds them in `backup.at`.",
    ),
    (
        "estate.bad-component",
        "A need names neither a role nor a service. Write {role: mail, at: home} or {service: \
         directory}.",
    ),
    (
        "estate.bad-duration",
        "A duration cannot be used. Write a number and a unit, such as 40m, 8h or 2d; slow is at \
         least as long as typical.",
    ),
    ("estate.bad-ik", "An institution code (IK) has nine digits. Fictional ones begin with 99."),
    (
        "estate.bad-readmission",
        "Tenants are let back either in stages, as fast as a service can carry them (staged), or all together \
         (at-once).",
    ),
    (
        "estate.bad-reconnect",
        "What is ready is reconnected with the all-clear, which is given for the whole estate (all) or for \
         each site (site).",
    ),
    (
        "estate.bad-weight",
        "The weight of a service says what an hour without it counts for, 1 being the usual. It is a number \
         from 0 to 1,000.",
    ),
    (
        "estate.too-large",
        "A number is larger than anything has; probably a unit is wrong or a digit too many. The message \
         names the range.",
    ),
    (
        "estate.bad-people",
        "What the people are called cannot be used. Give all three names, each of 1 to 40 letters: `one` and \
         `many` in English, and several in German, such as \
         people: {one: citizen, many: citizens, german: B\u{fc}rgerinnen und B\u{fc}rger}.",
    ),
    ("estate.bad-soc", "A figure of the analysts cannot be used; the message says what is allowed."),
    (
        "estate.bad-warm-up",
        "A figure about the return of all users at once cannot be used. `surge` is the load of a user just let \
         in, at least 1, as a multiple of the usual; `headroom` is what the service can carry, above 1, as a \
         multiple of the usual load of all users: with less they could never all be let back.",
    ),
    (
        "estate.black-start",
        "These services stay up while they run, but from cold each waits for another: after a \
         total outage they cannot start by themselves. Give one of them a way to start alone.",
    ),
    ("estate.duplicate-id", "Two things of one kind carry the same id. Rename one."),
    ("estate.duplicate-ik", "Two tenants carry the same institution code. Correct one."),
    ("estate.empty-need", "A need without components is always met. Name components, or remove it."),
    ("estate.invalid-id", "An id is empty, too long or holds a blank. Use letters, digits and -_./"),
    (
        "estate.need-too-large",
        "More components must work than exist, so that the service can never be up. Lower `need`, \
         or add components.",
    ),
    ("estate.need-zero", "A need of 0 is always met. Write at least 1, or leave `need` out for all."),
    (
        "estate.never-starts",
        "Every start attempt fails, so that the asset never comes back. Give a restart-failure \
         below 1.",
    ),
    (
        "estate.no-services",
        "A hosting lists no service, so that nothing its tenants use can fail. List the services, each with \
         its agreed RTO and MTPD.",
    ),
    (
        "estate.nobody-served",
        "No tenant has a hosting with a service, so that every loss would be told as 0. Give a hosting its \
         services, and a tenant that hosting.",
    ),
    (
        "estate.unneeded-asset",
        "No service names the role of this asset, so that its outage costs nobody anything. That is right \
         only for what attackers merely pass through; otherwise name the role under `needs` of a service.",
    ),
    (
        "estate.absurd-insured",
        "A tenant has more than 100 million people: most likely a wrong unit. Write the number of \
         people.",
    ),
    ("estate.no-analyst", "Without an analyst no alert is ever looked at. Give at least one."),
    (
        "estate.no-backup",
        "Data is to be read back, and no backup is stated, so that nothing can be said about the loss of data \
         (RPO). Add `backup` to the asset.",
    ),
    ("estate.no-crew", "A site without a recovery crew never comes back. Give at least one."),
    (
        "estate.no-forensic-team",
        "Without a forensic team nothing would ever be examined. Give at least one, or leave forensic-teams \
         out: then the crews of each site examine.",
    ),
    ("estate.no-host", "An asset class without hosts does nothing. Give a count of at least 1."),
    ("estate.no-insured", "A tenant without people weighs nothing in any figure. Give their number."),
    (
        "estate.no-restore-rate",
        "Data is to be read back at a site with no restore-gb-per-hour, or with none at all an hour, so that \
         no time can be told. Give the site a rate, or leave data-gb out where `restore` contains reading back.",
    ),
    ("estate.no-role", "An asset without a role can be named by no service and no step. Give a role."),
    ("estate.not-a-share", "A share is not between 0 and 1."),
    (
        "estate.offline-below-every",
        "Copies that no network reaches are made more often than the others, which is most unusual. The two \
         are probably exchanged: `every` is the time between two backups, `offline` between two offline copies.",
    ),
    (
        "estate.reserved-site",
        "The words home and any have a meaning in `at:` and cannot name a site. Rename it.",
    ),
    (
        "estate.role-absent",
        "No asset has the role that a service needs there, so that the need cannot be met. Check \
         role and site.",
    ),
    (
        "estate.rpo-without-backup",
        "An RPO was agreed for a service, and none of the assets it needs, directly or through other services, \
         has a backup, so that the RPO cannot be checked. Add `backup` to the assets with its data.",
    ),
    (
        "estate.rto-not-below-mtpd",
        "The agreed RTO is not below the MTPD, the longest outage that can be borne (BSI-Standard \
         200-4). Correct one of the two.",
    ),
    (
        "estate.service-cycle",
        "Services need each other in a circle. They run as long as nothing breaks; the restart \
         plan shows whether they can start from cold.",
    ),
    (
        "estate.slow-below-typical",
        "The slow duration (90 % quantile) is below the typical one (median). Swap or correct \
         them.",
    ),
    ("estate.unknown-asset", "An asset is named that the file does not declare. Check the spelling."),
    ("estate.unknown-hosting", "A hosting is named that the file does not declare. Check the spelling."),
    ("estate.unknown-role", "A role is named that no asset has. Check the spelling."),
    ("estate.unknown-service", "A service is named that the file does not declare. Check the spelling."),
    ("estate.unknown-site", "A site is named that the file does not declare. Check the spelling."),
    ("estate.unknown-zone", "A zone is named that the file does not declare. Check the spelling."),
    ("estate.unused-hosting", "No tenant uses this hosting. Nothing is wrong; remove it if it is old."),
    ("estate.unused-service", "No hosting offers this service. Nothing is wrong; remove it if it is old."),
    (
        "playbook.comes-back",
        "A step leads back to an earlier one. A playbook is run through once; the way back is \
         left out.",
    ),
    (
        "playbook.condition",
        "A condition has several branches; one is followed. Write a playbook of its own for the \
         other branch.",
    ),
    ("playbook.cycle", "Actions wait for each other in a circle. Break the circle."),
    (
        "playbook.extension",
        "Our timing extension on an action cannot be read. It holds cut, decide and carry_out; \
         the message says what is wrong.",
    ),
    ("playbook.id", "The playbook's id cannot be used. CACAO wants playbook--UUID."),
    ("playbook.missing-field", "A field that CACAO 2.0 demands is missing; the message names it."),
    ("playbook.no-action", "The playbook holds no action, so that it cuts nothing."),
    (
        "playbook.no-timing",
        "An action says nothing about how long it takes. A default is used; add our extension \
         with decide and carry_out.",
    ),
    ("playbook.not-cacao", "The file is JSON, but no CACAO playbook: type must be \"playbook\"."),
    ("playbook.not-reached", "A step is never reached from workflow_start. It is left out."),
    (
        "playbook.spec-version",
        "The playbook is written for another version of CACAO than 2.0. It is read as far as \
         possible.",
    ),
    ("playbook.syntax", "The file is not JSON. The place of the fault is given."),
    (
        "playbook.too-deep",
        "Steps are nested deeper than any playbook should be. What lies deeper is left out.",
    ),
    ("playbook.unknown-step", "A step leads to one that the workflow does not hold. The way is left out."),
    (
        "playbook.unknown-type",
        "A step has a type that CACAO 2.0 does not know. It is passed through without doing \
         anything.",
    ),
    (
        "race.absurd-time",
        "A time of a step, an action, a restart or a rebuild is longer than any race, or its slow case more \
         than a thousand times its typical one: most often a wrong unit. `typical` is the median, `slow` the \
         time only one case in ten exceeds.",
    ),
    (
        "race.never-declared",
        "More assets must agree than the estate has, so that no incident is ever declared. Lower `agree` in \
         `soc`.",
    ),
    (
        "race.unreachable-goal",
        "No step with the campaign's effect can ever be done. The message names every step on the way \
         that can't be done and why; the first is where the way ends.",
    ),
    (
        "race.duplicate-step",
        "Two steps of the campaign carry the same id, so that needs are ambiguous. Rename one.",
    ),
    (
        "race.empty-cut",
        "An action cuts something that the estate does not have, so that it changes nothing. \
         Check the name, or take the action out.",
    ),
    (
        "race.no-common-site",
        "A step must happen at the site of a needed step, but the two can never be at one site. \
         It can never begin.",
    ),
    (
        "race.no-evidence",
        "Nothing is known about a technique of the campaign. The prior is used, with all its \
         width.",
    ),
    (
        "race.no-objective",
        "No step of the campaign has the effect of its objective, so that the attacker can never win. Give \
         the last step the effect encrypt (payload) or outflow.",
    ),
    (
        "race.unknown-name",
        "A step looks for a role, zone or site that no asset of the estate has, so that it is never done. \
         Correct the name, or take the step out where the estate has no such part.",
    ),
    (
        "race.no-target",
        "A step finds no asset that fits its role, zone and site. It can never be done. Check the \
         selector against the estate.",
    ),
    (
        "race.overloaded",
        "Alerts come in faster than the analysts can look at them; the queue grows without end, \
         and only a share is ever looked at.",
    ),
    ("race.stuck-action", "An action of the playbook waits for one that never happens. Check `after`."),
    ("race.stuck-step", "A step can never begin, because what it needs can never be done. Check its needs."),
    ("race.unknown-step", "A step needs one that the campaign does not have. Check the spelling."),
    (
        "race.unknown-store",
        "A step carries data out of an asset, and the estate does not say how much lies there: nothing \
         caps what leaves. Give the asset `records` or `data-gb`.",
    ),
];
