#!/usr/bin/env bash
# Deploys the four functions, their triggers, accounts, roles, bucket and indexes. Run it again after a change: what is there stays.
# Nothing is open: every address demands a token of an account that this script names.
#
#   GCP_PROJECT=my-project ./deploy.sh
#
# Needs before: the secret openai-api-key (see the README), billing, and your own account as owner or editor with IAM rights.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

PROJECT=${GCP_PROJECT:?GCP_PROJECT is not set: the id of the Google Cloud project}
REGION=${REGION:-us-central1} # Veo is served there
BUCKET=${BUCKET_NAME:-$PROJECT-films}
CALLER=${CALLER:-} # who may ask for films: the backend's service account; empty: nobody but you, by impersonation
FILM_LANGUAGE=${FILM_LANGUAGE:-en}
NUMBER=$(gcloud projects describe "$PROJECT" --format='value(projectNumber)')

account() { echo "$1@$PROJECT.iam.gserviceaccount.com"; }
quiet() { "$@" >/dev/null; }

echo "== services"
gcloud services enable --project "$PROJECT" run.googleapis.com cloudfunctions.googleapis.com cloudbuild.googleapis.com \
  artifactregistry.googleapis.com eventarc.googleapis.com pubsub.googleapis.com firestore.googleapis.com storage.googleapis.com \
  aiplatform.googleapis.com cloudscheduler.googleapis.com secretmanager.googleapis.com

echo "== accounts"
for name in film-script film-video film-assembler film-events film-scheduler; do
  gcloud iam service-accounts describe "$(account "$name")" --project "$PROJECT" >/dev/null 2>&1 ||
    gcloud iam service-accounts create "$name" --project "$PROJECT"
done

echo "== bucket $BUCKET"
gcloud storage buckets describe "gs://$BUCKET" >/dev/null 2>&1 ||
  gcloud storage buckets create "gs://$BUCKET" --project "$PROJECT" --location "$REGION" \
    --uniform-bucket-level-access --public-access-prevention
gcloud storage buckets update "gs://$BUCKET" --lifecycle-file lifecycle.json

echo "== roles"
grant() { quiet gcloud projects add-iam-policy-binding "$PROJECT" --member "serviceAccount:$1" --role "$2" --condition None; }
grant_bucket() { quiet gcloud storage buckets add-iam-policy-binding "gs://$BUCKET" --member "serviceAccount:$1" --role "$2"; }
for name in film-script film-video film-assembler; do
  grant "$(account "$name")" roles/datastore.user
  grant_bucket "$(account "$name")" roles/storage.objectUser
done
for name in film-script film-video; do grant "$(account "$name")" roles/aiplatform.user; done
grant "$(account film-events)" roles/eventarc.eventReceiver
# Cloud Storage announces its objects through Pub/Sub, and Veo writes its results into the bucket.
grant "service-$NUMBER@gs-project-accounts.iam.gserviceaccount.com" roles/pubsub.publisher
grant_bucket "service-$NUMBER@gcp-sa-aiplatform.iam.gserviceaccount.com" roles/storage.objectUser ||
  echo "   the Vertex AI service agent is not there yet; run this again after the first call to Vertex AI"
quiet gcloud secrets add-iam-policy-binding openai-api-key --project "$PROJECT" \
  --member "serviceAccount:$(account film-assembler)" --role roles/secretmanager.secretAccessor

echo "== Firestore and its indexes"
gcloud firestore databases describe --project "$PROJECT" >/dev/null 2>&1 ||
  gcloud firestore databases create --project "$PROJECT" --location "$REGION" --type firestore-native
node index-commands.mjs "$PROJECT" | while IFS= read -r command; do
  # One that is there already is no error.
  eval "$command" 2>&1 | grep -v -i 'already exists' || true
done

# A service's own addresses, which are the audiences of the tokens made for it.
addresses() {
  local uri
  uri=$(gcloud run services describe "$1" --project "$PROJECT" --region "$REGION" --format 'value(status.url)' 2>/dev/null || true)
  local all="https://$1-$NUMBER.$REGION.run.app,https://$REGION-$PROJECT.cloudfunctions.net/$1"
  echo "${uri:+$uri,}$all"
}
# ^;^ makes `;` the separator, because the values have commas.
variables() { # service, callers, more
  echo "^;^GCP_PROJECT=$PROJECT;BUCKET_NAME=$BUCKET;FILM_LANGUAGE=$FILM_LANGUAGE;NODE_ENV=production;CHECKED_BY_CLOUD_RUN=true;AUDIENCE=$(addresses "$1");CALLERS=$2${3:+;$3}"
}
# Its address is known once it is deployed: from then on it is one of its audiences.
complete() { # service, callers, more
  quiet gcloud run services update "$1" --project "$PROJECT" --region "$REGION" --update-env-vars "$(variables "$@")"
}
invoker() { # service, caller
  quiet gcloud run services add-iam-policy-binding "$1" --project "$PROJECT" --region "$REGION" \
    --member "serviceAccount:$2" --role roles/run.invoker
}

function_from_source() { # name, account, callers, further arguments
  local name=$1 as=$2 callers=$3
  shift 3
  echo "== $name"
  gcloud functions deploy "$name" --gen2 --project "$PROJECT" --region "$REGION" --source . --runtime nodejs24 \
    --entry-point "$name" --service-account "$(account "$as")" --set-env-vars "$(variables "$name" "$callers")" --quiet "$@"
  complete "$name" "$callers"
}

EVENTS=$(account film-events)
SCHEDULER=$(account film-scheduler)
ON_FINALIZE=(--trigger-event-filters "type=google.cloud.storage.object.v1.finalized"
  --trigger-event-filters "bucket=$BUCKET" --trigger-location "$REGION" --trigger-service-account "$EVENTS" --retry)

# A script takes the model up to two minutes; a launch seconds; the monitor stops by itself before its next minute begins.
function_from_source agent-script-v2 film-script "${CALLER:-$SCHEDULER}" --trigger-http --no-allow-unauthenticated \
  --memory 512Mi --timeout 300s --max-instances 10 --concurrency 1
function_from_source agent-video-v2 film-video "$EVENTS,$(account film-script),$(account film-assembler)" "${ON_FINALIZE[@]}" \
  --memory 512Mi --timeout 300s --max-instances 20 --concurrency 1
function_from_source monitor-veo31 film-video "$SCHEDULER" --trigger-http --no-allow-unauthenticated \
  --memory 512Mi --timeout 120s --max-instances 3 --concurrency 1
[ -z "$CALLER" ] || invoker agent-script-v2 "$CALLER"
invoker agent-video-v2 "$EVENTS"
invoker monitor-veo31 "$SCHEDULER"

echo "== agent-assembler-v2"
# Its files lie in memory: a 36 s film at 720p needs about 30 MB, 180 s at 1080p about 500 MB, besides ffmpeg itself.
CALLS_ASSEMBLER="$EVENTS,$SCHEDULER,$(account film-video)"
gcloud run deploy agent-assembler-v2 --project "$PROJECT" --region "$REGION" --source . --no-allow-unauthenticated \
  --service-account "$(account film-assembler)" --cpu 2 --memory 2Gi --timeout 540 --concurrency 1 --max-instances 10 \
  --set-env-vars "$(variables agent-assembler-v2 "$CALLS_ASSEMBLER" "BUCKET_NAME_V2=$BUCKET")" \
  --set-secrets OPENAI_API_KEY=openai-api-key:latest --quiet
complete agent-assembler-v2 "$CALLS_ASSEMBLER" "BUCKET_NAME_V2=$BUCKET"
invoker agent-assembler-v2 "$EVENTS"
invoker agent-assembler-v2 "$SCHEDULER"
# A trigger of Eventarc's own repeats for 24 hours, as --retry does for a function.
gcloud eventarc triggers describe film-assembler --project "$PROJECT" --location "$REGION" >/dev/null 2>&1 ||
  gcloud eventarc triggers create film-assembler --project "$PROJECT" --location "$REGION" \
    --destination-run-service agent-assembler-v2 --destination-run-region "$REGION" \
    --event-filters "type=google.cloud.storage.object.v1.finalized" --event-filters "bucket=$BUCKET" --service-account "$EVENTS"

echo "== scheduler"
job() { # name, service, body
  local url verb=create
  url=$(gcloud run services describe "$2" --project "$PROJECT" --region "$REGION" --format 'value(status.url)')
  if gcloud scheduler jobs describe "$1" --project "$PROJECT" --location "$REGION" >/dev/null 2>&1; then verb=update; fi
  local headers=--headers
  [ "$verb" = create ] || headers=--update-headers
  gcloud scheduler jobs "$verb" http "$1" --project "$PROJECT" --location "$REGION" --schedule '* * * * *' --uri "$url" \
    --http-method POST "$headers" Content-Type=application/json --message-body "$3" \
    --oidc-service-account-email "$SCHEDULER" --oidc-token-audience "$url" --attempt-deadline "$4"
}
job film-monitor monitor-veo31 '{}' 60s
# Where AGENT_ASSEMBLER_URL is set on the monitor, that nudges it and this job can go.
job film-assembler agent-assembler-v2 '{"tick":true}' 540s

echo "Deployed. Ask for a film:"
echo "  npm run e2e -- --base-url https://$REGION-$PROJECT.cloudfunctions.net --theme 'Why is the sky blue?' --duration 15"
