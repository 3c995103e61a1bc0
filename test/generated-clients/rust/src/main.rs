//! Makes the calls of test/generated-clients with the client that openapi-generator generates.

use openapi::apis::configuration::Configuration;
use openapi::apis::events_api::read_events;
use openapi::apis::leases_api::{grant_lease, release_lease, renew_lease, RenewLeaseError};
use openapi::apis::waiting_api::wait;
use openapi::apis::Error;
use openapi::models::{Grant, LeaseRequest, RenewRequest, StepOrLatest};

const ABSENT: i64 = 99999;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let base_path = std::env::args().nth(1).ok_or("the URL is missing")?;
    let server = Configuration { base_path, ..Configuration::new() };

    print_wait(&server, 0, None).await?;
    print_wait(&server, ABSENT, Some("0")).await?;

    let latest = StepOrLatest::String("latest".into());
    let request = LeaseRequest { step: Some(Box::new(latest)), ttl: Some(60.0), ..LeaseRequest::new() };
    let Grant::Lease(lease) = grant_lease(&server, None, None, Some(request)).await? else {
        return Err("there is no lease".into());
    };
    println!("lease {} {} {}", serde_name(&lease.state), lease.step, lease.ttl);

    let request = LeaseRequest { until: Some(ABSENT), timeout: Some(0.0), ..LeaseRequest::new() };
    let Grant::Wait(end) = grant_lease(&server, None, None, Some(request)).await? else {
        return Err("there is a lease".into());
    };
    println!("no lease {}", serde_name(&end.reason));

    let renewed = renew_lease(&server, &lease.id, Some(RenewRequest { ttl: Some(90.0) })).await?;
    println!("renewed {}", renewed.ttl);

    release_lease(&server, &lease.id).await?;
    println!("released 204");

    match renew_lease(&server, &lease.id, None).await {
        Err(Error::ResponseError(answer)) => match answer.entity {
            Some(RenewLeaseError::Status400(problem)) => println!("refused {}", serde_name(&problem.code)),
            _ => return Err(answer.content.into()),
        },
        answer => return Err(format!("{answer:?}").into()),
    }

    let types = ["step.finalized", "lease.released"].map(String::from).to_vec();
    let page = read_events(&server, None, None, Some(types), None, None, None).await?;
    let seen: Vec<_> = page.items.into_iter().map(|event| event.r#type).collect();
    println!("events {}", seen.join(","));
    Ok(())
}

async fn print_wait(
    server: &Configuration,
    until: i64,
    timeout: Option<&str>,
) -> Result<(), Box<dyn std::error::Error>> {
    let end = wait(server, None, Some(until), timeout, None, None).await?;
    let name = end.item.map_or("none".into(), |step| step.name);
    println!("wait {} {} {}", serde_name(&end.reason), end.step, name);
    Ok(())
}

/// What the server calls a variant: `MaxWait` is `max_wait`.
fn serde_name(variant: &impl std::fmt::Debug) -> String {
    let mut name = String::new();
    for letter in format!("{variant:?}").chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.extend(letter.to_lowercase());
    }
    name
}
