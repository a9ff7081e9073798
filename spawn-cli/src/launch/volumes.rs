//! Which volumes an image has, so that each can be encrypted.

use super::plan::{Plan, RootDevice};
use crate::exit::UsageError;
use crate::progress::Progress;
use crate::session::Session;
use anyhow::{Context, Result};
use spawn_cloud::instances::{self, Volume};

/// The volumes to encrypt. EC2 also says here when the image is none for the instance type.
pub(super) async fn volumes(session: &Session, plan: &Plan, progress: &Progress) -> Result<Vec<Volume>> {
    if let RootDevice::Known(device) = &plan.root_device {
        return Ok(plan.volumes(device.clone(), Vec::new()));
    }
    let id = &plan.request.image;
    progress.step(&format!("looking at {id}"));
    let image = instances::image(session.clients.ec2(), id).await.with_context(|| {
        format!("the root device of {id} must be known to encrypt it: add --root-device, for example /dev/xvda")
    })?;
    let region = session.clients.region().unwrap_or_default();
    let Some(image) = image else {
        let hint = format!("there is no image {id} in {region}: images have another id in each region");
        return Err(UsageError::Other(hint).into());
    };
    if let Some(other) = image.architecture.filter(|architecture| *architecture != plan.architecture) {
        let (kind, ours) = (&plan.types[0], plan.architecture);
        let hint = format!("{id} is for {other} and {kind} is {ours}: choose another image or another type");
        return Err(UsageError::Other(hint).into());
    }
    Ok(plan.volumes(image.root_device, image.other_devices))
}
